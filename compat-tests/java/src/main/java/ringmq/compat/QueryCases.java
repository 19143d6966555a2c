package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;
import static ringmq.compat.Scope.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** Messages found by their keys, and message trace, which is read so. */
final class QueryCases {
    private static final int NO_MESSAGE = 208;
    private static final int TOPIC_NOT_EXIST = 17;
    private static final long FOREVER = Long.MAX_VALUE;
    /** The index knows times to the second. */
    private static final long APART_MS = 3_000;

    private QueryCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("query-by-key", QueryCases::byKey);
        cases.put("query-by-unique-key", QueryCases::byUniqueKey);
        cases.put("query-by-time", QueryCases::byTime);
        cases.put("query-batch", QueryCases::batch);
        cases.put("query-after-sigterm", scope -> afterRestart(scope, "restart SIGTERM"));
        cases.put("query-after-sigkill", scope -> afterRestart(scope, "restart SIGKILL"));
        cases.put("trace", scope -> trace(scope, scope.topic("trace")));
        cases.put("trace-system-topic", scope -> trace(scope, "RMQ_SYS_TRACE_TOPIC"));
    }

    private static SendResult send(DefaultMQProducer producer, String topic, String keys, String body) throws Exception {
        return sent(producer.send(new Message(topic, "tag", keys, bytes(body))));
    }

    /** Bodies of the messages of a key, in their order; empty when the client says that there is none. */
    private static List<String> bodies(DefaultMQAdminExt admin, String topic, String key, int max, long begin, long end) throws Exception {
        try {
            List<String> bodies = new ArrayList<>();
            for (MessageExt message : admin.queryMessage(topic, key, max, begin, end).getMessageList()) {
                bodies.add(text(message.getBody()));
            }
            return bodies;
        } catch (MQClientException failure) {
            checkEquals(NO_MESSAGE, failure.getResponseCode(), "code of " + failure.getMessage());
            return List.of();
        }
    }

    /** Apache's broker adds to its index a moment after it has answered. */
    private static void awaitBodies(List<String> expected, DefaultMQAdminExt admin, String topic, String key) throws Exception {
        Scope.await(() -> expected.equals(bodies(admin, topic, key, 32, 0, FOREVER)),
            () -> bodies(admin, topic, key, 32, 0, FOREVER) + " instead of " + expected + " for the key " + key);
    }

    private static String byKey(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQAdminExt admin = scope.admin();
        send(producer, scope.topic(), "order-1 buyer-1", "one");
        send(producer, scope.topic(), "order-2 buyer-1", "two");
        send(producer, scope.topic(), "order-3  buyer-1 b\u00fcyer", "three");
        send(producer, scope.topic("other"), "order-1", "elsewhere");
        awaitBodies(List.of("one"), admin, scope.topic(), "order-1");
        awaitBodies(List.of("two"), admin, scope.topic(), "order-2");
        awaitBodies(List.of("three"), admin, scope.topic(), "b\u00fcyer");
        awaitBodies(List.of("one", "two", "three"), admin, scope.topic(), "buyer-1");
        awaitBodies(List.of("elsewhere"), admin, scope.topic("other"), "order-1");
        checkEquals(List.of("two", "three"), bodies(admin, scope.topic(), "buyer-1", 2, 0, FOREVER), "the newest two");
        checkEquals(List.of(), bodies(admin, scope.topic(), "order-4", 32, 0, FOREVER), "messages of a key that no one has");
        checkEquals(List.of(), bodies(admin, scope.topic(), "tag", 32, 0, FOREVER), "messages with a tag of that name");
        return "found by each key, in its topic, the newest of too many, none by other keys";
    }

    private static String byUniqueKey(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQAdminExt admin = scope.admin();
        SendResult result = send(producer, scope.topic(), "k", "by its id");
        awaitView(admin, scope.topic(), result.getMsgId(), "by its id");
        awaitView(admin, scope.topic(), result.getOffsetMsgId(), "by its id");
        return "viewed by " + result.getMsgId() + " and " + result.getOffsetMsgId();
    }

    private static void awaitView(DefaultMQAdminExt admin, String topic, String messageId, String body) throws Exception {
        Scope.await(() -> {
            try {
                MessageExt message = admin.viewMessage(topic, messageId);
                return message != null && text(message.getBody()).equals(body);
            } catch (MQClientException notYet) {
                return false;
            }
        }, () -> "no message " + messageId);
    }

    private static String byTime(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQAdminExt admin = scope.admin();
        SendResult first = send(producer, scope.topic(), "k", "first");
        awaitBodies(List.of("first"), admin, scope.topic(), "k");
        long stored = admin.viewMessage(scope.topic(), first.getOffsetMsgId()).getStoreTimestamp();
        Scope.await(() -> System.currentTimeMillis() >= stored + APART_MS, () -> "the clock stands still");
        send(producer, scope.topic(), "k", "second");
        awaitBodies(List.of("first", "second"), admin, scope.topic(), "k");
        long between = stored + APART_MS / 2;
        checkEquals(List.of("first"), bodies(admin, scope.topic(), "k", 32, 0, between), "messages until between the two");
        checkEquals(List.of("second"), bodies(admin, scope.topic(), "k", 32, between, FOREVER), "messages from between the two on");
        checkEquals(List.of(), bodies(admin, scope.topic(), "k", 32, 0, stored - 60_000), "messages from before the first");
        return "each of two messages found within its time";
    }

    private static String batch(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQAdminExt admin = scope.admin();
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            batch.add(new Message(scope.topic(), "tag", "key-" + i + " all", bytes("body-" + i)));
        }
        String[] ids = sent(producer.send(batch)).getMsgId().split(",");
        checkEquals(32, ids.length, "ids of the batch");
        for (int i = 0; i < 32; i++) {
            awaitBodies(List.of("body-" + i), admin, scope.topic(), "key-" + i);
            awaitView(admin, scope.topic(), ids[i], "body-" + i);
        }
        checkEquals(32, bodies(admin, scope.topic(), "all", 64, 0, FOREVER).size(), "messages of the key that all have");
        return "32 messages of a batch found by their keys and ids";
    }

    private static String afterRestart(Scope scope, String action) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQAdminExt admin = scope.admin();
        for (int i = 0; i < 100; i++) {
            send(producer, scope.topic(), "key-" + i + " all", "before-" + i);
        }
        scope.ask(action);
        Scope.await(() -> {
            try {
                send(producer, scope.topic(), "key-0", "after");
                return true;
            } catch (Exception notYet) {
                return false;
            }
        }, () -> "the broker takes no messages after the restart");
        for (int i = 1; i < 100; i++) {
            awaitBodies(List.of("before-" + i), admin, scope.topic(), "key-" + i);
        }
        Scope.await(() -> bodies(admin, scope.topic(), "key-0", 32, 0, FOREVER).containsAll(List.of("before-0", "after")),
            () -> bodies(admin, scope.topic(), "key-0", 32, 0, FOREVER) + " for a key from before and after");
        checkEquals(64, bodies(admin, scope.topic(), "all", 1_000, 0, FOREVER).size(), "messages of a key that 100 have");
        return "100 messages from before and one from after found by their keys";
    }

    /** The kinds of trace that stand in the messages of a key of the trace topic, which is made by the first of them. */
    private static Set<String> traceKinds(DefaultMQAdminExt admin, String traceTopic, String key) throws Exception {
        Set<String> kinds = new TreeSet<>();
        try {
            for (MessageExt message : admin.queryMessage(traceTopic, key, 64, 0, FOREVER).getMessageList()) {
                for (String context : text(message.getBody()).split("\u0002")) {
                    kinds.add(context.substring(0, context.indexOf('\u0001')));
                }
            }
        } catch (MQClientException notYet) {
            check(Set.of(NO_MESSAGE, TOPIC_NOT_EXIST).contains(notYet.getResponseCode()), notYet.getMessage());
        }
        return kinds;
    }

    private static String trace(Scope scope, String traceTopic) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        DefaultMQProducer producer = scope.newTracingProducer(traceTopic);
        producer.start();
        scope.createTopicBySending(producer, scope.topic());
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = scope.newTracingConsumer(scope.group(), traceTopic);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(collector);
        consumer.start();
        String key = "key-" + scope.topic();
        SendResult result = send(producer, scope.topic(), key, "traced");
        Scope.await(() -> collector.message("traced") != null, () -> "the message has not come");
        Set<String> all = Set.of("Pub", "SubBefore", "SubAfter");
        for (String wanted : List.of(result.getMsgId(), key)) {
            Scope.await(() -> traceKinds(admin, traceTopic, wanted).containsAll(all),
                () -> traceKinds(admin, traceTopic, wanted) + " instead of " + all + " for " + wanted);
        }
        check(admin.examineTopicRouteInfo(traceTopic) != null, "the trace topic has no route");
        return "send, beginning and end of its consumption read back by id and by key";
    }
}
