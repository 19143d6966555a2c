package ringmq.compat;

import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RemotingSerializable;

/**
 * All that a broker holds: every message of every queue of every topic, the system's own among them, with all that is stored of it; the tables of
 * topics and groups. Taken before and after a handover, the second holds the first.
 */
@SuppressWarnings({"deprecation", "unchecked"})
final class StoreSnapshot {
    private static final int GET_ALL_TOPIC_CONFIG = 21;
    private static final int GET_ALL_SUBSCRIPTIONGROUP_CONFIG = 201;
    private static final int BATCH = 1_000;
    private static final int LEVELS = 18;

    /** By {@code topic/queue}. */
    private final Map<String, List<String>> queues = new TreeMap<>();
    private final Map<String, Object> topics;
    private final Map<String, Object> groups;

    private StoreSnapshot(Map<String, Object> topics, Map<String, Object> groups) {
        this.topics = topics;
        this.groups = groups;
    }

    /** Reads everything; {@code topic} is any that has a route. */
    static StoreSnapshot take(Scope scope, String topic) throws Exception {
        RawClient raw = scope.rawClient();
        StoreSnapshot snapshot = new StoreSnapshot(table(scope, raw, GET_ALL_TOPIC_CONFIG, "topicConfigTable"),
            table(scope, raw, GET_ALL_SUBSCRIPTIONGROUP_CONFIG, "subscriptionGroupTable"));
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        try {
            String broker = consumer.fetchSubscribeMessageQueues(topic).iterator().next().getBrokerName();
            for (Map.Entry<String, Object> entry : snapshot.topics.entrySet()) {
                Map<String, Object> config = (Map<String, Object>) entry.getValue();
                int count = Math.max(number(config, "readQueueNums"), number(config, "writeQueueNums"));
                boolean isSchedule = entry.getKey().equals("SCHEDULE_TOPIC_XXXX");
                for (int queue = 0; queue < (isSchedule ? LEVELS : count); queue++) {
                    snapshot.readQueue(consumer, new MessageQueue(entry.getKey(), broker, queue));
                }
            }
        } finally {
            consumer.shutdown();
        }
        return snapshot;
    }

    private static int number(Map<String, Object> config, String name) {
        return ((Number) config.get(name)).intValue();
    }

    private static Map<String, Object> table(Scope scope, RawClient raw, int code, String name) throws Exception {
        RemotingCommand answer = raw.call(scope.broker(), code, Map.of(), null);
        checkEquals(0, answer.getCode(), "code of the answer to " + code);
        return new TreeMap<>((Map<String, Object>) RemotingSerializable.decode(answer.getBody(), Map.class).get(name));
    }

    private void readQueue(DefaultMQPullConsumer consumer, MessageQueue queue) throws Exception {
        long max = consumer.maxOffset(queue);
        long next = consumer.minOffset(queue);
        if (next >= max) {
            return;
        }
        List<String> messages = queues.computeIfAbsent(queue.getTopic() + "/" + queue.getQueueId(), key -> new ArrayList<>());
        while (next < max) {
            PullResult result = consumer.pull(queue, "*", next, BATCH);
            check(result.getPullStatus() == PullStatus.FOUND, "pull of " + queue + " at " + next + ": " + result.getPullStatus());
            for (MessageExt message : result.getMsgFoundList()) {
                checkEquals(next++, message.getQueueOffset(), "queue offset in " + queue);
                messages.add(describe(message));
            }
            checkEquals(next, result.getNextBeginOffset(), "nextBeginOffset in " + queue);
        }
    }

    /** Everything that is stored; the client itself adds the offsets of the queue. */
    static String describe(MessageExt message) {
        CRC32 crc = new CRC32();
        crc.update(message.getBody());
        Map<String, String> properties = new TreeMap<>(message.getProperties());
        properties.remove("MIN_OFFSET");
        properties.remove("MAX_OFFSET");
        return String.join(" ", message.getTopic(), "queue " + message.getQueueId() + "/" + message.getQueueOffset(),
            "at " + message.getCommitLogOffset() + "+" + message.getStoreSize(), "flags " + message.getFlag() + "," + message.getSysFlag(),
            "born " + message.getBornTimestamp() + " " + message.getBornHost(), "stored " + message.getStoreTimestamp() + " " + message.getStoreHost(),
            "body " + message.getBody().length + "," + crc.getValue() + "," + message.getBodyCRC(), "tried " + message.getReconsumeTimes(),
            "prepared " + message.getPreparedTransactionOffset(), "ids " + message.getMsgId(), properties.toString());
    }

    int messages() {
        return queues.values().stream().mapToInt(List::size).sum();
    }

    /** How many messages a topic holds. */
    int messages(String topic) {
        return queues.entrySet().stream().filter(entry -> entry.getKey().startsWith(topic + "/")).mapToInt(entry -> entry.getValue().size()).sum();
    }

    /** This one, taken later, has all that {@code before} has, in the same places. */
    void checkHolds(StoreSnapshot before) {
        before.queues.forEach((queue, messages) -> {
            List<String> now = queues.getOrDefault(queue, List.of());
            check(now.size() >= messages.size(), queue + " has " + now.size() + " messages, not " + messages.size());
            for (int i = 0; i < messages.size(); i++) {
                checkEquals(messages.get(i), now.get(i), "message " + i + " of " + queue);
            }
        });
        before.topics.forEach((name, config) -> checkEquals(sorted(config), sorted(topics.getOrDefault(name, Map.of())), "topic " + name));
        before.groups.forEach((name, config) -> checkEquals(sorted(config), sorted(groups.getOrDefault(name, Map.of())), "group " + name));
    }

    private static String sorted(Object config) {
        return new TreeMap<>((Map<String, Object>) config).toString();
    }
}
