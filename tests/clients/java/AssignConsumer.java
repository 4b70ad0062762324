import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a whole topic without a group and prints a line for each record, partition by partition: partition, offset,
 * timestamp, key and value in hex ("null" for null), then headers as name=hex.
 * Arguments: broker, topic; or broker, topic, timestamp: then what offsetsForTimes answers for each partition.
 */
public class AssignConsumer {
    public static void main(String[] args) {
        Properties configs = new Properties();
        configs.put("bootstrap.servers", args[0]);
        configs.put("key.deserializer", ByteArrayDeserializer.class.getName());
        configs.put("value.deserializer", ByteArrayDeserializer.class.getName());
        configs.put("enable.auto.commit", "false");
        configs.put("fetch.max.bytes", "20000"); // so that a topic takes many fetches
        configs.put("max.partition.fetch.bytes", "5000");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(configs)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (PartitionInfo info : consumer.partitionsFor(args[1])) {
                partitions.add(new TopicPartition(info.topic(), info.partition()));
            }
            partitions.sort((a, b) -> a.partition() - b.partition());
            if (args.length > 2) {
                byTime(consumer, partitions, Long.parseLong(args[2]));
                return;
            }
            // All at once: one fetch session (KIP-227) over every partition.
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, StringBuilder> lines = new HashMap<>();
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                    lines.computeIfAbsent(partition, p -> new StringBuilder()).append(line(record)).append('\n');
                }
            }
            partitions.forEach(p -> System.out.print(lines.getOrDefault(p, new StringBuilder())));
        }
    }

    private static void byTime(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, long timestamp) {
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, timestamp));
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(wanted);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp at = found.get(partition);
            System.out.println(partition.partition() + " " + (at == null ? "null" : at.offset() + " " + at.timestamp()));
        }
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder line = new StringBuilder();
        line.append(record.partition()).append(' ').append(record.offset()).append(' ').append(record.timestamp());
        line.append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
        for (Header header : record.headers()) {
            line.append(' ').append(header.key()).append('=').append(hex(header.value()));
        }
        return line.toString();
    }

    private static String hex(byte[] bytes) {
        if (bytes == null) {
            return "null";
        }
        StringBuilder text = new StringBuilder("0x");
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }
}
