import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Sample projects 4 and 5: a consumer that begins at the latest record, commits by itself, and is never closed.
 * Arguments: broker, topic, group; project 5 adds auto.commit.interval.ms.
 */
public class SimpleConsumer {
    public static void main(String[] args) {
        Properties configs = new Properties();
        configs.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, args[2]);
        configs.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        if (args.length > 3) {
            configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, true);
            configs.put(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, args[3]);
        }
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(configs);
        consumer.subscribe(Arrays.asList(args[1]));
        while (true) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(1));
            for (ConsumerRecord<String, String> record : records) {
                System.out.println(record.value());
            }
        }
    }
}
