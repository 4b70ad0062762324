import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;

/** What the admin client of this release reads out of every answer of a broker, printed step by step.
 *  Arguments: broker, topic. A null where Kafka sends an array ends it with a NullPointerException. */
public class AdminTour {
    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties configs = new Properties();
        configs.put("bootstrap.servers", args[0]);
        String topic = args[1];
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        TopicPartition first = new TopicPartition(topic, 0);
        try (Admin opened = Admin.create(configs)) {
            admin = opened;
            step("controller", admin.describeCluster().controller().get().id() + " of " + admin.describeCluster().nodes().get().size());
            NewTopic wanted = new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "3600000"));
            create("validated only", wanted, true);
            step("exists", admin.listTopics().names().get().contains(topic));
            CreateTopicsResult made = create("created", wanted, false);
            step("partitions", made.numPartitions(topic).get() + " replicas " + made.replicationFactor(topic).get());
            print(made.config(topic).get(), "retention.ms", "cleanup.policy");
            create("again", wanted, false);
            create("bad name", new NewTopic("bad topic!", 1, (short) 1), false);
            create("two replicas", new NewTopic(topic + "-2", 1, (short) 2), false);
            create("no partitions", new NewTopic(topic + "-3", 0, (short) 1), false);
            create("bad config", new NewTopic(topic + "-4", 1, (short) 1).configs(Map.of("retention.ms", "soon")), false);
            create("unknown config", new NewTopic(topic + "-5", 1, (short) 1).configs(Map.of("no.such.key", "1")), false);
            create("defaults", new NewTopic(topic + "-6", Optional.empty(), Optional.empty()), false);
            attempt("fewer partitions", admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all());
            attempt("more partitions", admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
            alter(resource, "max.message.bytes", "2000", AlterConfigOp.OpType.SET);
            alter(resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND);
            alter(resource, "max.message.bytes", "1", AlterConfigOp.OpType.APPEND);
            alter(resource, "retention.ms", "", AlterConfigOp.OpType.DELETE);
            alter(resource, "retention.ms", "soon", AlterConfigOp.OpType.SET);
            print(admin.describeConfigs(List.of(resource)).all().get().get(resource), "max.message.bytes", "cleanup.policy", "retention.ms");
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "0");
            print(admin.describeConfigs(List.of(broker)).all().get().get(broker), "log.retention.hours", "num.partitions", "ssl.key.password");
            attempt("unknown topic's configs", admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, topic + "-7"))).all());
            step("latest", admin.listOffsets(Map.of(first, OffsetSpec.latest())).partitionResult(first).get().offset());
            step("future", admin.listOffsets(Map.of(first, OffsetSpec.forTimestamp(4102444800000L))).partitionResult(first).get().offset());
            attempt("delete beyond the end", admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(7))).all());
            step("low watermark", admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(-1))).lowWatermarks().get(first).get().lowWatermark());
            TopicPartitionReplica replica = new TopicPartitionReplica(topic, 0, 0);
            step("in a log directory", admin.describeReplicaLogDirs(List.of(replica)).all().get().get(replica).getCurrentReplicaLogDir() != null);
            attempt("deleted", admin.deleteTopics(Arrays.asList(topic, topic + "-6")).all());
            attempt("deleted twice", admin.deleteTopics(Collections.singleton(topic)).all());
        }
    }

    private static CreateTopicsResult create(String what, NewTopic topic, boolean validateOnly) throws Exception {
        CreateTopicsResult result = admin.createTopics(List.of(topic), new CreateTopicsOptions().validateOnly(validateOnly));
        attempt(what, result.all());
        return result;
    }

    private static void alter(ConfigResource resource, String name, String value, AlterConfigOp.OpType type) throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> change = new HashMap<>();
        change.put(resource, List.of(new AlterConfigOp(new ConfigEntry(name, value), type)));
        attempt(type + " " + name + "=" + value, admin.incrementalAlterConfigs(change).all());
    }

    private static void attempt(String what, KafkaFuture<?> future) throws Exception {
        try {
            future.get();
            step(what, "done");
        } catch (ExecutionException e) {
            step(what, e.getCause().getClass().getSimpleName());
        }
    }

    private static void print(Config config, String... names) {
        for (String name : new TreeSet<>(Arrays.asList(names))) {
            ConfigEntry entry = config.get(name);
            step("  " + name, entry == null ? "missing" : entry.value() + " from " + entry.source()
                    + (entry.isReadOnly() ? ", read-only" : "") + (entry.isSensitive() ? ", sensitive" : ""));
        }
    }

    private static void step(String what, Object result) {
        System.out.println(what + ": " + result);
    }
}
