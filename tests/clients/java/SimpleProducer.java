import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sample project 1: ten values without a key, one at a time, and never a close(). Arguments: broker, topic, pause in ms. */
public class SimpleProducer {
    public static void main(String[] args) throws Exception {
        Properties configs = new Properties();
        configs.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        configs.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        configs.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        KafkaProducer<String, String> producer = new KafkaProducer<>(configs);
        for (int index = 0; index < 10; index++) {
            String data = "This is record " + index;
            producer.send(new ProducerRecord<>(args[1], data));
            System.out.println("Send to " + args[1] + " | data : " + data);
            Thread.sleep(Long.parseLong(args[2]));
        }
    }
}
