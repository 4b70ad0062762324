import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sample project 3: everything to partition 1 of three. Arguments: broker, topic, pause in ms. */
public class ExactPartitionProducer {
    private static final int PARTITION = 1;

    public static void main(String[] args) throws Exception {
        Properties configs = new Properties();
        configs.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        configs.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        KafkaProducer<String, String> producer = new KafkaProducer<>(configs);
        for (int index = 0; index < 10; index++) {
            ProducerRecord<String, String> record =
                    new ProducerRecord<>(args[1], PARTITION, Integer.toString(index), "value " + index);
            producer.send(record);
            System.out.println("Send to " + args[1] + " | partition : " + record.partition() + " | data : " + record.value());
            Thread.sleep(Long.parseLong(args[2]));
        }
    }
}
