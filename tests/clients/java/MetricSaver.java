import java.io.File;
import java.io.FileWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Sample project 8: three consumers of the group metric-consumers save what comes, each into a CSV of its own in the
 *  current directory, and commit after every poll, also after an empty one. Arguments: broker, topic. */
public class MetricSaver {
    public static void main(String[] args) {
        Properties configs = new Properties();
        configs.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, "metric-consumers");
        configs.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        ExecutorService threads = Executors.newCachedThreadPool();
        for (int number = 0; number < 3; number++) {
            threads.execute(() -> save(configs, args[1]));
        }
    }

    private static void save(Properties configs, String topic) {
        File file = new File("metric-consumer-" + Thread.currentThread().getName() + ".csv");
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(configs);
        consumer.subscribe(Arrays.asList(topic));
        try (FileWriter csv = new FileWriter(file, true)) {
            while (true) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(1));
                for (ConsumerRecord<String, String> record : records) {
                    csv.write(record.value());
                }
                csv.flush();
                consumer.commitSync();
            }
        } catch (IOException e) {
            System.err.println(e);
        } finally {
            consumer.close();
        }
    }
}
