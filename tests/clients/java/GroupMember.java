import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A group member, which prints what happens to it (harness/group.py). Commits synchronously after every poll.
 *  Arguments: broker, topic, group, then options as NAME=VALUE: id, assignor, session (ms), instance. */
public class GroupMember implements ConsumerRebalanceListener {
    private static final Map<String, String> ASSIGNORS = Map.of(
            "range", "org.apache.kafka.clients.consumer.RangeAssignor",
            "roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor",
            "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    private static volatile boolean leaving;

    private final KafkaConsumer<byte[], String> consumer;
    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();

    private GroupMember(KafkaConsumer<byte[], String> consumer) {
        this.consumer = consumer;
    }

    public static void main(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 3; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            options.put(pair[0], pair[1]);
        }
        int session = Integer.parseInt(options.getOrDefault("session", "6000"));
        Properties configs = new Properties();
        configs.put("bootstrap.servers", args[0]);
        configs.put("group.id", args[2]);
        configs.put("client.id", options.get("id"));
        configs.put("partition.assignment.strategy", ASSIGNORS.get(options.get("assignor")));
        configs.put("session.timeout.ms", session);
        configs.put("heartbeat.interval.ms", 500);
        configs.put("max.poll.interval.ms", Math.max(20000, session));
        configs.put("enable.auto.commit", false);
        configs.put("auto.offset.reset", "earliest");
        configs.put("reconnect.backoff.max.ms", 500);
        configs.put("key.deserializer", ByteArrayDeserializer.class.getName());
        configs.put("value.deserializer", StringDeserializer.class.getName());
        if (options.containsKey("instance")) {
            configs.put("group.instance.id", options.get("instance"));
        }
        Thread stdin = new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (java.io.IOException e) {
                System.err.println(e);
            }
            leaving = true;
        });
        stdin.setDaemon(true);
        stdin.start();
        try (KafkaConsumer<byte[], String> consumer = new KafkaConsumer<>(configs)) {
            new GroupMember(consumer).run(args[1]);
        }
        say("left");
    }

    private void run(String topic) {
        consumer.subscribe(List.of(topic), this);
        while (!leaving) {
            for (ConsumerRecord<byte[], String> record : consumer.poll(Duration.ofMillis(100))) {
                say("record " + record.partition() + " " + record.offset() + " " + record.value());
                uncommitted.put(new TopicPartition(topic, record.partition()), new OffsetAndMetadata(record.offset() + 1));
            }
            commit();
        }
    }

    private void commit() {
        if (uncommitted.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(uncommitted);
        } catch (CommitFailedException | RebalanceInProgressException | RetriableException e) {
            System.err.println(System.currentTimeMillis() + " " + e);
            return;
        }
        uncommitted.forEach((partition, offset) -> say("committed " + partition.partition() + " " + offset.offset()));
        uncommitted.clear();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        say("assigned " + list(partitions));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        commit();
        uncommitted.keySet().removeAll(partitions);
        say("revoked " + list(partitions));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        uncommitted.keySet().removeAll(partitions);
        say("lost " + list(partitions));
    }

    private static String list(Collection<TopicPartition> partitions) {
        String numbers = partitions.stream().map(p -> String.valueOf(p.partition())).sorted().collect(Collectors.joining(","));
        return numbers.isEmpty() ? "-" : numbers;
    }

    private static synchronized void say(String line) {
        System.out.println(System.currentTimeMillis() + " " + line);
        System.out.flush();
    }
}
