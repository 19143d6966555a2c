package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Messages with a delay level: not before their time by the broker's own clock, in order, and whatever happens to the broker meanwhile. */
final class DelayCases {
    /** What the first two of the default levels wait. */
    private static final long[] DELAY_MS = {0, 1_000, 5_000};
    private static final int MESSAGES = 40;

    private DelayCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("delay-level-1", DelayCases::levelOne);
        cases.put("delay-levels", DelayCases::levels);
        cases.put("delay-level-too-high", DelayCases::levelTooHigh);
        cases.put("delay-restart-sigterm", scope -> restart(scope, "restart SIGTERM", true));
        cases.put("delay-restart-sigkill", scope -> restart(scope, "restart SIGKILL", false));
    }

    private static Message delayed(String topic, String body, int level) {
        Message message = new Message(topic, "tag", "key-" + body, bytes(body));
        message.putUserProperty("mine", "of " + body);
        message.setDelayTimeLevel(level);
        return message;
    }

    private static Collector consume(Scope scope) throws Exception {
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "tag || first");
        consumer.registerMessageListener(collector);
        consumer.start();
        return collector;
    }

    /** The message waited for its level between its two places in the log, and is otherwise what was sent. */
    private static void checkDelivered(DefaultMQProducer producer, MessageExt message, SendResult sent, int level) throws Exception {
        String body = Scope.text(message.getBody());
        MessageExt waiting = producer.viewMessage(sent.getMessageQueue().getTopic(), sent.getOffsetMsgId());
        checkEquals("SCHEDULE_TOPIC_XXXX", waiting.getTopic(), "topic of the waiting " + body);
        checkEquals(level - 1, waiting.getQueueId(), "queue of the waiting " + body);
        long waitedMs = message.getStoreTimestamp() - waiting.getStoreTimestamp();
        check(waitedMs >= DELAY_MS[level], body + " of level " + level + " waited " + waitedMs + " ms");
        checkEquals(sent.getMessageQueue().getQueueId(), message.getQueueId(), "queue of " + body);
        checkEquals("key-" + body, message.getKeys(), "keys of " + body);
        checkEquals("tag", message.getTags(), "tags of " + body);
        checkEquals("of " + body, message.getUserProperty("mine"), "property of " + body);
        checkEquals(sent.getMsgId(), message.getMsgId(), "id of " + body);
        checkEquals(0, message.getReconsumeTimes(), "reconsumeTimes of " + body);
        checkEquals(waiting.getBornTimestamp(), message.getBornTimestamp(), "bornTimestamp of " + body);
        checkEquals(waiting.getBornHostString(), message.getBornHostString(), "bornHost of " + body);
        checkEquals(property(message, "REAL_TOPIC"), message.getTopic(), "REAL_TOPIC of " + body);
        checkEquals(String.valueOf(level), property(message, "DELAY"), "DELAY of " + body);
    }

    private static String property(MessageExt message, String name) {
        return String.valueOf(message.getProperty(name));
    }

    private static String levelOne(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Collector collector = consume(scope);
        collector.awaitAll(List.of("first"));
        Map<String, SendResult> sent = new LinkedHashMap<>();
        for (int i = 0; i < MESSAGES; i++) {
            String body = "delayed-" + i;
            sent.put(body, sent(producer.send(delayed(scope.topic(), body, 1))));
        }
        collector.awaitAll(sent.keySet());
        for (Map.Entry<String, SendResult> entry : sent.entrySet()) {
            checkDelivered(producer, collector.message(entry.getKey()), entry.getValue(), 1);
        }
        List<String> expected = new ArrayList<>(sent.keySet());
        expected.add("first");
        collector.checkExactly(expected);
        return MESSAGES + " messages, none before its second was over";
    }

    /** All in one queue, the longest first: they come by their times, and those of one level in the order of their sending. */
    private static String levels(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        Collector collector = consume(scope);
        collector.awaitAll(List.of("first"));
        Map<String, SendResult> sent = new LinkedHashMap<>();
        for (int level = 2; level >= 0; level--) {
            for (int i = 0; i < MESSAGES; i++) {
                String body = "level-" + level + "-" + i;
                sent.put(body, sent(producer.send(delayed(scope.topic(), body, level), queue)));
            }
        }
        collector.awaitAll(sent.keySet());
        long[] last = {-1, -1, -1};
        for (Map.Entry<String, SendResult> entry : sent.entrySet()) {
            int level = entry.getKey().charAt("level-".length()) - '0';
            MessageExt message = collector.message(entry.getKey());
            check(message.getQueueOffset() > last[level], entry.getKey() + " is at " + message.getQueueOffset() + ", after " + last[level]);
            last[level] = message.getQueueOffset();
            if (level > 0) {
                checkDelivered(producer, message, entry.getValue(), level);
            }
        }
        return 3 * MESSAGES + " messages of levels 0 to 2, each level in order and in its time";
    }

    private static String levelTooHigh(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        SendResult sent = sent(producer.send(delayed(scope.topic(), "late", 99)));
        MessageExt waiting = producer.viewMessage(scope.topic(), sent.getOffsetMsgId());
        checkEquals("SCHEDULE_TOPIC_XXXX", waiting.getTopic(), "topic");
        checkEquals(17, waiting.getQueueId(), "queue");
        checkEquals("18", waiting.getProperty("DELAY"), "DELAY");
        checkEquals(scope.topic(), waiting.getProperty("REAL_TOPIC"), "REAL_TOPIC");
        return "level 99 waits at level 18";
    }

    private static String restart(Scope scope, String action, boolean isInOrder) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        // Before the restart: where a group that is new after it begins is another question.
        Collector collector = consume(scope);
        List<String> expected = new ArrayList<>(List.of("first"));
        collector.awaitAll(expected);
        for (int level = 1; level <= 2; level++) {
            for (int i = 0; i < MESSAGES; i++) {
                String body = "level-" + level + "-" + i;
                sent(producer.send(delayed(scope.topic(), body, level)));
                expected.add(body);
            }
        }
        scope.ask(action);
        collector.awaitAll(expected);
        if (isInOrder) {
            collector.checkExactly(expected);
        } else {
            collector.checkSame(expected); // what was delivered after the offsets were last saved may come again
        }
        return 2 * MESSAGES + " messages of levels 1 and 2 came after the restart";
    }
}
