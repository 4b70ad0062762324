import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What the admin client of this release says of groups and does to them, printed step by step: offsets of a group
 *  without members, a static member that goes and is removed, the end. Arguments: broker, topic, group. */
public class GroupTour {
    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties configs = new Properties();
        configs.put("bootstrap.servers", args[0]);
        String topic = args[1];
        String group = args[2];
        String second = group + "-second";
        TopicPartition first = new TopicPartition(topic, 0);
        TopicPartition third = new TopicPartition(topic, 2);
        TopicPartition absent = new TopicPartition(topic + "-absent", 0);
        try (Admin opened = Admin.create(configs)) {
            admin = opened;
            admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all().get();
            describe("before", group);
            offsets("before", group);
            step("listed", listed(group));
            attempt("deleted before", admin.deleteConsumerGroups(List.of(group)).all());
            attempt("offsets deleted before", admin.deleteConsumerGroupOffsets(group, Set.of(first)).all());

            attempt("altered", admin.alterConsumerGroupOffsets(group, Map.of(
                    first, new OffsetAndMetadata(3, Optional.of(0), "by the tour"), third, new OffsetAndMetadata(0))).all());
            attempt("altered, absent topic", admin.alterConsumerGroupOffsets(group, Map.of(absent, new OffsetAndMetadata(1))).all());
            attempt("altered, long metadata", admin.alterConsumerGroupOffsets(group, Map.of(
                    first, new OffsetAndMetadata(4, "x".repeat(4097)))).all());
            attempt("altered, empty group id", admin.alterConsumerGroupOffsets("", Map.of(first, new OffsetAndMetadata(1))).all());
            describe("simple", group);
            step("listed", listed(group));
            offsets("all", group);
            attempt("second altered", admin.alterConsumerGroupOffsets(second, Map.of(first, new OffsetAndMetadata(1))).all());

            try (KafkaConsumer<byte[], byte[]> member = member(args[0], group)) {
                member.subscribe(Collections.singleton(topic));
                while (member.assignment().isEmpty()) {
                    member.poll(Duration.ofMillis(100));
                }
                offsets("as the member asks for two", member.committed(Set.of(first, new TopicPartition(topic, 1))));
                describe("with a member", group);
                step("listed", listed(group));
                attempt("altered with a member", admin.alterConsumerGroupOffsets(group, Map.of(first, new OffsetAndMetadata(1))).all());
                attempt("offsets deleted with a member", admin.deleteConsumerGroupOffsets(group, Set.of(first)).partitionResult(first));
                attempt("deleted with a member", admin.deleteConsumerGroups(List.of(group)).all());
            }
            describe("closed", group); // a static member stays until its session ends
            attempt("other member removed", removed(group, "nobody"));
            attempt("member removed", removed(group, "boat"));
            describe("removed", group);
            attempt("offsets deleted", admin.deleteConsumerGroupOffsets(group, Set.of(first, absent)).partitionResult(first));
            attempt("offsets deleted, absent topic", admin.deleteConsumerGroupOffsets(group, Set.of(absent)).partitionResult(absent));
            offsets("left", group);
            attempt("deleted", admin.deleteConsumerGroups(Arrays.asList(group, second)).all());
            attempt("deleted twice", admin.deleteConsumerGroups(List.of(group)).all());
            step("listed", listed(group));
        }
    }

    private static KafkaConsumer<byte[], byte[]> member(String broker, String group) {
        Properties configs = new Properties();
        configs.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        configs.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "boat");
        configs.put(ConsumerConfig.CLIENT_ID_CONFIG, "tourist");
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static KafkaFuture<Void> removed(String group, String instance) {
        return admin.removeMembersFromConsumerGroup(
                group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(instance)))).all();
    }

    private static Collection<String> listed(String prefix) throws Exception {
        Collection<String> found = new TreeSet<>();
        for (ConsumerGroupListing listing : admin.listConsumerGroups().all().get()) {
            if (listing.groupId().startsWith(prefix)) {
                found.add(listing.groupId().substring(prefix.length()) + " simple=" + listing.isSimpleConsumerGroup());
            }
        }
        return found;
    }

    private static void describe(String what, String group) throws Exception {
        try {
            ConsumerGroupDescription found = admin.describeConsumerGroups(
                    List.of(group), new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true)).all().get().get(group);
            step(what, found.state() + " simple=" + found.isSimpleConsumerGroup() + " assignor=" + found.partitionAssignor()
                    + " coordinator=" + found.coordinator().id()
                    + " operations=" + (found.authorizedOperations() == null ? null : new TreeSet<>(found.authorizedOperations())));
            for (MemberDescription member : found.members()) {
                List<TopicPartition> assigned = new ArrayList<>(member.assignment().topicPartitions());
                assigned.sort((a, b) -> a.partition() - b.partition());
                List<Integer> partitions = new ArrayList<>();
                assigned.forEach(partition -> partitions.add(partition.partition()));
                step("  member", member.clientId() + " " + member.host() + " instance=" + member.groupInstanceId() + " has " + partitions
                        + ", id begins with its instance: " + member.consumerId().startsWith("boat-"));
            }
        } catch (ExecutionException e) {
            step(what, e.getCause().getClass().getSimpleName());
        }
    }

    private static void offsets(String what, String group) throws Exception {
        offsets(what, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
    }

    private static void offsets(String what, Map<TopicPartition, OffsetAndMetadata> offsets) {
        Map<Integer, String> found = new TreeMap<>();
        offsets.forEach((partition, offset) -> found.put(partition.partition(),
                offset == null ? "none" : offset.offset() + " '" + offset.metadata() + "' epoch " + offset.leaderEpoch()));
        step("offsets, " + what, found);
    }

    private static void attempt(String what, KafkaFuture<?> future) throws Exception {
        try {
            future.get();
            step(what, "done");
        } catch (ExecutionException e) {
            step(what, e.getCause().getClass().getSimpleName());
        }
    }

    private static void step(String what, Object result) {
        System.out.println(what + ": " + result);
    }
}
