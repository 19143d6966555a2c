package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** Offsets that an administrator resets, while consumers run and while none does. */
final class ResetCases {
    private static final int QUEUES = 4;
    private static final int INVOKE_BROKER_TO_RESET_OFFSET = 222;
    private static final int CONSUMER_NOT_ONLINE = 206;
    /** A consumer waits for 10 s before it goes on from another offset, after up to 15 s in a held pull, and then rebalances. */
    private static final long RESET_MS = 120_000;

    private ResetCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("reset-running", ResetCases::running);
        cases.put("reset-in-clients", ResetCases::inClients);
        cases.put("reset-offline", ResetCases::offline);
        cases.put("reset-queue", ResetCases::oneQueue);
    }

    /** How often each body was received. */
    private static final class Counts implements MessageListenerConcurrently {
        private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

        @Override
        public ConsumeConcurrentlyStatus consumeMessage(List<org.apache.rocketmq.common.message.MessageExt> messages,
            org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext context) {
            messages.forEach(message -> counts.computeIfAbsent(Scope.text(message.getBody()), key -> new AtomicInteger()).incrementAndGet());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        }

        int of(String body) {
            AtomicInteger count = counts.get(body);
            return count == null ? 0 : count.get();
        }

        boolean haveAll(List<String> bodies, int times) {
            return bodies.stream().allMatch(body -> of(body) >= times);
        }

        void await(List<String> bodies, int times, String what) throws Exception {
            Scope.await(RESET_MS, () -> haveAll(bodies, times),
                () -> what + ": " + bodies.stream().filter(body -> of(body) < times).count() + " of " + bodies.size() + " missing");
        }

        void checkExactly(List<String> bodies, int times) {
            bodies.forEach(body -> checkEquals(times, of(body), "times that " + body + " was received"));
        }
    }

    private static DefaultMQPushConsumer start(Scope scope, Counts counts) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(counts);
        consumer.start();
        PushCases.awaitQueues(consumer, scope.topic(), QUEUES);
        return consumer;
    }

    /** Sends {@code early} and {@code late} with a point in time between them, which is returned. */
    private static long sendAroundTime(Scope scope, DefaultMQProducer producer, List<String> early, List<String> late) throws Exception {
        early.addAll(scope.send(producer, scope.topic(), "early", 60));
        long sentMs = System.currentTimeMillis();
        Scope.await(() -> System.currentTimeMillis() > sentMs + 20, () -> "the clock stands");
        long middleMs = System.currentTimeMillis();
        Scope.await(() -> System.currentTimeMillis() > middleMs + 20, () -> "the clock stands");
        late.addAll(scope.send(producer, scope.topic(), "late", 40));
        return middleMs;
    }

    private static String running(Scope scope) throws Exception {
        return resetWhileRunning(scope) + ", at the broker";
    }

    private static String inClients(Scope scope) throws Exception {
        String seen = resetWhileRunning(scope);
        Map<String, String> fields = resetFields(scope, -1);
        fields.put("group", "nobody_" + scope.group());
        RemotingCommand unknown = scope.rawClient().call(scope.broker(), INVOKE_BROKER_TO_RESET_OFFSET, fields, null);
        checkEquals("THe consumer group <nobody_" + scope.group() + "> not exist", unknown.getRemark(), "remark for an unknown group");
        return seen + ", by the clients";
    }

    /** The consumers go on from the time that was asked for: what is before it does not come again, what is behind it does. */
    private static String resetWhileRunning(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        Counts counts = new Counts();
        DefaultMQPushConsumer consumer = start(scope, counts);
        List<String> early = new ArrayList<>();
        List<String> late = new ArrayList<>();
        long middleMs = sendAroundTime(scope, producer, early, late);
        counts.await(early, 1, "before the reset");
        counts.await(late, 1, "before the reset");
        Scope.awaitConsumed(consumer, scope.topic(), 100);
        // A group that the broker has no offsets of is not reset in its clients; consumers commit every 5 s.
        scope.awaitCommitted(scope.group(), scope.topic(), 100);

        Map<MessageQueue, Long> offsets = scope.admin().resetOffsetByTimestamp(scope.topic(), scope.group(), middleMs, true);
        checkEquals(QUEUES, offsets.size(), "queues that were reset");
        checkEquals(60L, offsets.values().stream().mapToLong(Long::longValue).sum(), "sum of the offsets that were reset to");
        counts.await(late, 2, "after the reset");
        List<String> last = scope.send(producer, scope.topic(), "last", 20);
        counts.await(last, 1, "sent after the reset");
        counts.checkExactly(early, 1);
        counts.checkExactly(last, 1);
        return "60 before the time came once, 40 behind it again, and the consumer goes on";
    }

    private static Map<String, String> resetFields(Scope scope, long timestamp) {
        Map<String, String> fields = new HashMap<>();
        fields.put("topic", scope.topic());
        fields.put("group", scope.group());
        fields.put("timestamp", String.valueOf(timestamp));
        fields.put("isForce", "true");
        return fields;
    }

    /** Nobody is online: a backlog is skipped, and the next consumer begins behind it. */
    private static String offline(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        List<String> first = scope.send(producer, scope.topic(), "first", 20);
        Counts counts = new Counts();
        DefaultMQPushConsumer consumer = start(scope, counts);
        counts.await(first, 1, "before the reset");
        Scope.awaitConsumed(consumer, scope.topic(), 20);
        consumer.shutdown();
        scope.awaitCommitted(scope.group(), scope.topic(), 20);
        List<String> skipped = scope.send(producer, scope.topic(), "skipped", 40);
        DefaultMQAdminExt admin = scope.admin();
        Map<MessageQueue, Long> offsets = admin.resetOffsetByTimestamp(scope.topic(), scope.group(), -1, true);
        checkEquals(60L, offsets.values().stream().mapToLong(Long::longValue).sum(), "sum of the offsets that were reset to");
        scope.awaitCommitted(scope.group(), scope.topic(), 60);
        start(scope, counts);
        List<String> fresh = scope.send(producer, scope.topic(), "fresh", 20);
        counts.await(fresh, 1, "after the reset");
        counts.checkExactly(skipped, 0);
        counts.checkExactly(first, 1);
        RemotingCommand none = scope.rawClient().call(scope.broker(), INVOKE_BROKER_TO_RESET_OFFSET,
            Map.of("topic", scope.topic(), "group", "nobody_" + scope.group(), "timestamp", "-1", "isForce", "true"), null);
        check(none.getCode() != 0 && none.getCode() != CONSUMER_NOT_ONLINE, "code for a group that nobody made: " + none.getCode());
        return "a backlog of 40 skipped while nobody was online";
    }

    /** One queue to an offset; one that is out of range is refused and changes nothing. */
    private static String oneQueue(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        Counts counts = new Counts();
        DefaultMQPushConsumer consumer = start(scope, counts);
        Map<Integer, List<String>> bodies = new HashMap<>();
        for (MessageQueue queue : producer.fetchPublishMessageQueues(scope.topic())) {
            for (int i = 0; i < 10; i++) {
                String body = queue.getQueueId() + "-" + i;
                Scope.sent(producer.send(new org.apache.rocketmq.common.message.Message(scope.topic(), bytes(body)), queue));
                bodies.computeIfAbsent(queue.getQueueId(), key -> new ArrayList<>()).add(body);
            }
        }
        for (List<String> ofQueue : bodies.values()) {
            counts.await(ofQueue, 1, "before the reset");
        }
        Scope.awaitConsumed(consumer, scope.topic(), 40);
        RawClient raw = scope.rawClient();
        Map<String, String> fields = resetFields(scope, -1);
        fields.put("queueId", "2");
        fields.put("offset", "12");
        checkEquals("Target offset 12 not in consume queue range [0-10]",
            raw.call(scope.broker(), INVOKE_BROKER_TO_RESET_OFFSET, fields, null).getRemark(), "remark for an offset out of range");
        fields.put("offset", "7");
        checkEquals(0, raw.call(scope.broker(), INVOKE_BROKER_TO_RESET_OFFSET, fields, null).getCode(), "code");
        counts.await(bodies.get(2).subList(7, 10), 2, "after the reset");
        counts.checkExactly(bodies.get(2).subList(0, 7), 1);
        for (int queueId : List.of(0, 1, 3)) {
            counts.checkExactly(bodies.get(queueId), 1);
        }
        return "3 messages of one of 4 queues again";
    }
}
