import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** 100 records in one batch, "record NNN" with key "NNN" and stamps from 1700000000000, one codec per topic.
 *  Arguments: broker, then TOPIC=CODEC pairs. */
public class CodecProducer {
    public static void main(String[] args) {
        for (int i = 1; i < args.length; i++) {
            String[] pair = args[i].split("=");
            Properties configs = new Properties();
            configs.put("bootstrap.servers", args[0]);
            configs.put("key.serializer", ByteArraySerializer.class.getName());
            configs.put("value.serializer", ByteArraySerializer.class.getName());
            configs.put("compression.type", pair[1]);
            configs.put("linger.ms", "200");
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(configs)) {
                for (int n = 0; n < 100; n++) {
                    byte[] key = String.format("%03d", n).getBytes(StandardCharsets.UTF_8);
                    byte[] value = String.format("record %03d", n).getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>(pair[0], 0, 1700000000000L + n, key, value));
                }
            }
        }
    }
}
