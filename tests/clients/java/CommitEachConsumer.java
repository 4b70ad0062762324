import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Sample project 6: a commit after every record, and never a close(). Prints "committed PARTITION OFFSET" for each one
 * that was answered. Arguments: broker, topic, group, "sync" or "async".
 */
public class CommitEachConsumer {
    public static void main(String[] args) {
        Properties configs = new Properties();
        configs.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, args[2]);
        configs.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(configs);
        consumer.subscribe(Arrays.asList(args[1]));
        while (true) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                Map<TopicPartition, OffsetAndMetadata> next = Collections.singletonMap(
                        new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1, null));
                if (args[3].equals("sync")) {
                    consumer.commitSync(next);
                    System.out.println("committed " + record.partition() + " " + (record.offset() + 1));
                } else {
                    consumer.commitAsync(next, (offsets, refused) -> offsets.forEach((partition, offset) -> System.out.println(
                            refused == null ? "committed " + partition.partition() + " " + offset.offset() : refused.toString())));
                }
            }
        }
    }
}
