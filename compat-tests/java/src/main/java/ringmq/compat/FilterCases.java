package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** SQL92 filters: which messages arrive, from memory and from disk, and what happens to wrong expressions. */
@SuppressWarnings("deprecation")
final class FilterCases {
    private static final int SUBSCRIPTION_PARSE_FAILED = 23;
    private static final int SYSTEM_ERROR = 1;
    private static final int BATCH = 50;
    /** Lets the messages that come last pass through any expression. */
    private static final String OR_LAST = " OR last IS NOT NULL";

    private FilterCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("filter-push", FilterCases::push);
        cases.put("filter-wrong", FilterCases::wrong);
        cases.put("filter-off", FilterCases::off);
        cases.put("filter-pull", FilterCases::pull);
        cases.put("filter-batch", FilterCases::batch);
        cases.put("filter-wakes", FilterCases::wakes);
        cases.put("filter-backlog", FilterCases::backlog);
    }

    /** Message {@code i}: its number, text in every second and third, a float, a flag. */
    private static Message numbered(String topic, int i) {
        Message message = new Message(topic, "tag" + i % 3, bytes("m-" + i));
        message.putUserProperty("i", String.valueOf(i));
        message.putUserProperty("price", i + ".5");
        message.putUserProperty("flag", i % 4 == 0 ? "TRUE" : "false");
        if (i % 2 == 0) {
            message.putUserProperty("region", i % 6 == 0 ? "Zürich" : "it's far");
        }
        return message;
    }

    private static Map<String, IntPredicate> expressions() {
        Map<String, IntPredicate> expressions = new LinkedHashMap<>();
        expressions.put("(i > 20 AND i <= 40 AND NOT (i = 30))", i -> i > 20 && i <= 40 && i != 30);
        expressions.put("(price BETWEEN 10.5 AND 19.9 OR i NOT BETWEEN 5 AND 95)", i -> i >= 10 && i <= 19 || i < 5 || i > 95);
        expressions.put("(region = 'Zürich' AND TAGS IN ('tag0', 'none'))", i -> i % 6 == 0);
        expressions.put("(region IS NULL AND flag = FALSE AND i < 50)", i -> i % 2 != 0 && i < 50);
        expressions.put("(region <> 'Zürich' AND flag = TRUE)", i -> i % 2 == 0 && i % 6 != 0 && i % 4 == 0);
        expressions.put("(region CONTAINS '''s' AND i >= -1e3)", i -> i % 2 == 0 && i % 6 != 0);
        return expressions;
    }

    private static DefaultMQPushConsumer start(Scope scope, String group, String expression, Collector collector) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(group);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(scope.topic(), MessageSelector.bySql(expression));
        consumer.registerMessageListener(collector);
        consumer.start();
        return consumer;
    }

    private static List<String> sendLast(Scope scope, DefaultMQProducer producer) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (MessageQueue queue : producer.fetchPublishMessageQueues(scope.topic())) {
            Message message = new Message(scope.topic(), bytes("last-" + queue.getQueueId()));
            message.putUserProperty("last", "yes");
            sent(producer.send(message, queue));
            bodies.add("last-" + queue.getQueueId());
        }
        return bodies;
    }

    private static List<String> wanted(int count, IntPredicate isWanted, List<String> more) {
        List<String> bodies = new ArrayList<>(more);
        for (int i = 0; i < count; i++) {
            if (isWanted.test(i)) {
                bodies.add("m-" + i);
            }
        }
        return bodies;
    }

    private static String push(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 4);
        Map<String, Collector> collectors = new LinkedHashMap<>();
        for (String expression : expressions().keySet()) {
            Collector collector = new Collector();
            start(scope, scope.group() + "_" + collectors.size(), expression + OR_LAST, collector);
            collectors.put(expression, collector);
        }
        for (int i = 0; i < 100; i++) {
            sent(producer.send(numbered(scope.topic(), i)));
        }
        List<String> last = sendLast(scope, producer);
        for (Map.Entry<String, IntPredicate> one : expressions().entrySet()) {
            List<String> bodies = wanted(100, one.getValue(), last);
            Collector collector = collectors.get(one.getKey());
            collector.awaitAll(bodies);
            collector.checkExactly(bodies);
        }
        return "exactly their messages for " + collectors.size() + " expressions";
    }

    private static MQClientException refusal(Scope scope, String expression) throws Exception {
        try {
            start(scope, scope.group(), expression, new Collector());
        } catch (MQClientException refusal) {
            return refusal;
        }
        throw new AssertionError("a consumer started with " + expression);
    }

    private static String wrong(Scope scope) throws Exception {
        scope.createTopicBySending(scope.producer(), scope.topic());
        for (String expression : List.of("i >", "i IN (5)", "i = 'open", "i > 'x'", "i BETWEEN 9 AND 1")) {
            MQClientException refusal = refusal(scope, expression);
            checkEquals(SUBSCRIPTION_PARSE_FAILED, refusal.getResponseCode(), "code for " + expression + " (" + refusal.getMessage() + ")");
        }
        String message = refusal(scope, "i = 1 AND\n  = 2").getMessage();
        check(message.contains("line 2, column 3"), "the place is not named: " + message);
        return "five kinds of mistakes refused at the start with 23, the place named";
    }

    private static String off(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        checkEquals(SYSTEM_ERROR, refusal(scope, "i > 1").getResponseCode(), "code at the start");
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        try {
            filteringPullConsumer(scope).pull(queue, MessageSelector.bySql("i > 1"), 0, 32);
        } catch (MQBrokerException refusal) {
            checkEquals(SYSTEM_ERROR, refusal.getResponseCode(), "code of a pull");
            return "refused at the start and in a pull";
        }
        throw new AssertionError("a pull by SQL92 was served");
    }

    /** One that knows the broker's version, without which the client refuses expressions by itself: it learns it by its first heartbeat. */
    private static DefaultMQPullConsumer filteringPullConsumer(Scope scope) throws Exception {
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        MQClientInstance client = consumer.getDefaultMQPullConsumerImpl().getRebalanceImpl().getmQClientFactory();
        client.updateTopicRouteInfoFromNameServer(scope.topic());
        client.sendHeartbeatToAllBrokerWithLock();
        return consumer;
    }

    private static String pull(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 1);
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        for (int i = 0; i < 100; i++) {
            sent(producer.send(numbered(scope.topic(), i), queue));
        }
        DefaultMQPullConsumer consumer = filteringPullConsumer(scope);
        PullResult page = consumer.pull(queue, MessageSelector.bySql("i BETWEEN 30 AND 89"), 0, 20);
        checkEquals(PullStatus.FOUND, page.getPullStatus(), "status");
        checkEquals(20, page.getMsgFoundList().size(), "messages in a page");
        checkEquals(50L, page.getNextBeginOffset(), "nextBeginOffset after a full page");
        checkEquals(30L, page.getMsgFoundList().get(0).getQueueOffset(), "first message");
        PullResult rest = consumer.pull(queue, MessageSelector.bySql("i BETWEEN 30 AND 89"), 50, 64);
        checkEquals(32, rest.getMsgFoundList().size(), "messages in a page as large as the broker gives");
        checkEquals(82L, rest.getNextBeginOffset(), "nextBeginOffset after it");
        PullResult end = consumer.pull(queue, MessageSelector.bySql("i BETWEEN 30 AND 89"), 82, 64);
        checkEquals(8, end.getMsgFoundList().size(), "messages in the last page");
        checkEquals(100L, end.getNextBeginOffset(), "nextBeginOffset at the end");
        PullResult none = consumer.pull(queue, MessageSelector.bySql("i > 1000"), 0, 32);
        checkEquals(PullStatus.NO_MATCHED_MSG, none.getPullStatus(), "status when none matches");
        checkEquals(100L, none.getNextBeginOffset(), "nextBeginOffset when none matches");
        PullResult unreadable = consumer.pull(queue, MessageSelector.bySql("region > 5"), 0, 32);
        checkEquals(PullStatus.NO_MATCHED_MSG, unreadable.getPullStatus(), "status when text is compared by order");
        return "pages, bounds and statuses by expression";
    }

    private static String batch(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 4);
        Collector collector = new Collector();
        start(scope, scope.group(), "i BETWEEN 100 AND 139" + OR_LAST, collector);
        sendBatches(scope, producer, 200);
        List<String> bodies = wanted(200, i -> i >= 100 && i <= 139, sendLast(scope, producer));
        collector.awaitAll(bodies);
        collector.checkExactly(bodies);
        for (MessageExt message : bodies.stream().filter(body -> body.startsWith("m-")).map(collector::message).toList()) {
            checkEquals("m-" + message.getUserProperty("i"), Scope.text(message.getBody()), "property of a message of a batch");
        }
        return "40 of 200 messages of 4 batches by their own properties";
    }

    private static void sendBatches(Scope scope, DefaultMQProducer producer, int count) throws Exception {
        for (int from = 0; from < count; from += BATCH) {
            List<Message> messages = new ArrayList<>();
            for (int i = from; i < from + BATCH; i++) {
                messages.add(numbered(scope.topic(), i));
            }
            sent(producer.send(messages));
        }
    }

    private static String wakes(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 4);
        Collector collector = new Collector();
        start(scope, scope.group(), "i > 0 AND i < 1000" + OR_LAST, collector);
        collector.awaitAll(sendLast(scope, producer));
        List<Long> tookMs = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            String body = "m-" + i;
            for (int unwanted = 0; unwanted < 4; unwanted++) {
                sent(producer.send(numbered(scope.topic(), 1000 + i)));
            }
            sent(producer.send(numbered(scope.topic(), i)));
            tookMs.add(Scope.await(() -> collector.message(body) != null, () -> body + " not received"));
        }
        PushCases.checkWoken(tookMs);
        collector.checkExactly(wanted(21, i -> i > 0, List.of("last-0", "last-1", "last-2", "last-3")));
        return "20 wanted messages among 80 others woke the consumer";
    }

    private static String backlog(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 4);
        int count = 10_000;
        sendBatches(scope, producer, count);
        List<String> last = sendLast(scope, producer);
        scope.ask("restart SIGTERM");
        Collector collector = new Collector();
        start(scope, scope.group(), "i > 2500 AND i < 2511 OR i = 9999 OR i < 3" + OR_LAST, collector);
        List<String> bodies = wanted(count, i -> i > 2500 && i < 2511 || i == 9999 || i < 3, last);
        collector.awaitAll(bodies);
        collector.checkExactly(bodies);
        return "14 of 10,000 messages found on disk after a restart";
    }
}
