import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Sample project 7: three consumers in one JVM, woken by a shutdown hook, each of which commits and leaves its group.
 *  Arguments: broker, topic, group. */
public class MultiThreadConsumer {
    public static void main(String[] args) {
        Properties configs = new Properties();
        configs.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, args[2]);
        configs.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        configs.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Worker> workers = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            Worker worker = new Worker(configs, args[1], number);
            workers.add(worker);
            threads.execute(worker);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            workers.forEach(Worker::shutdown);
            threads.shutdown();
            try {
                threads.awaitTermination(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }

    private static class Worker implements Runnable {
        private final KafkaConsumer<String, String> consumer;
        private final String topic;
        private final int number;

        Worker(Properties configs, String topic, int number) {
            this.consumer = new KafkaConsumer<>(configs);
            this.topic = topic;
            this.number = number;
        }

        @Override
        public void run() {
            consumer.subscribe(Arrays.asList(topic));
            try {
                while (true) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                        System.out.println("thread " + number + " partition " + record.partition() + " " + record.value());
                    }
                    consumer.commitSync();
                }
            } catch (WakeupException e) {
                System.out.println("thread " + number + " trigger WakeupException");
            } finally {
                consumer.commitSync();
                consumer.close();
            }
        }

        void shutdown() {
            consumer.wakeup();
        }
    }
}
