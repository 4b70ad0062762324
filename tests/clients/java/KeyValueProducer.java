import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sample project 2: keys "0" to "9", whose hash chooses the partition. Arguments: broker, topic, pause in ms. */
public class KeyValueProducer {
    public static void main(String[] args) throws Exception {
        Properties configs = new Properties();
        configs.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        configs.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        KafkaProducer<String, String> producer = new KafkaProducer<>(configs);
        for (int index = 0; index < 10; index++) {
            ProducerRecord<String, String> record =
                    new ProducerRecord<>(args[1], Integer.toString(index), "value of key " + index);
            producer.send(record);
            System.out.println("Send to " + args[1] + " | key : " + record.key() + " | data : " + record.value());
            Thread.sleep(Long.parseLong(args[2]));
        }
    }
}
