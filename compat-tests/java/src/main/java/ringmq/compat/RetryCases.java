package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Messages that a consumer cannot handle: they come back after a while, and end among the dead letters. */
final class RetryCases {
    private static final int BATCH = 5;
    /** What the third of the default levels waits, at which a message comes back first. */
    private static final long FIRST_RETRY_MS = 10_000;
    private static final long LEVEL_1_MS = 1_000;

    private RetryCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("retry-level-3", RetryCases::levelThree);
        cases.put("retry-level-1", RetryCases::levelOne);
        cases.put("retry-batch", RetryCases::batch);
        cases.put("retry-dead-letter", RetryCases::deadLetter);
        cases.put("retry-never", RetryCases::never);
        cases.put("retry-orderly", RetryCases::orderly);
    }

    /** One message that is handled when it has been tried {@code failures} times in vain; every try is kept. */
    private record Tries(Scope scope, DefaultMQProducer producer, SendResult sent, List<MessageExt> seen) {
        static Tries start(Scope scope, int maxReconsumeTimes, int failures, int delayLevel) throws Exception {
            DefaultMQProducer producer = scope.producer();
            SendResult sent = Scope.sent(producer.send(message(scope.topic())));
            List<MessageExt> seen = new CopyOnWriteArrayList<>();
            DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
            consumer.setMaxReconsumeTimes(maxReconsumeTimes);
            consumer.subscribe(scope.topic(), "*");
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                seen.addAll(messages);
                context.setDelayLevelWhenNextConsume(delayLevel);
                return seen.size() > failures ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.RECONSUME_LATER;
            });
            consumer.start();
            return new Tries(scope, producer, sent, seen);
        }

        /** Each came at least {@code delayMs} after the one before, under the topic it was sent to, and says how often it was tried. */
        void awaitAndCheck(int count, long delayMs) throws Exception {
            Scope.await(() -> seen.size() >= count, () -> seen.size() + " of " + count + " tries");
            for (int i = 0; i < count; i++) {
                MessageExt message = seen.get(i);
                checkEquals(i, message.getReconsumeTimes(), "reconsumeTimes of try " + i);
                checkEquals(scope.topic(), message.getTopic(), "topic of try " + i);
                checkEquals(sent.getMsgId(), message.getMsgId(), "id of try " + i);
                checkSame(message, "try " + i);
                if (i > 0) {
                    long waitedMs = message.getStoreTimestamp() - seen.get(i - 1).getStoreTimestamp();
                    check(waitedMs >= delayMs, "try " + i + " came after " + waitedMs + " ms");
                    checkEquals(sent.getOffsetMsgId(), message.getProperty("ORIGIN_MESSAGE_ID"), "ORIGIN_MESSAGE_ID of try " + i);
                }
            }
        }

        private boolean hasOneQueue(String topic) {
            try {
                return producer.fetchPublishMessageQueues(topic).size() == 1;
            } catch (MQClientException notThereYet) {
                return false;
            }
        }

        /** The group's one dead letter. */
        MessageExt deadLetter() throws Exception {
            String topic = "%DLQ%" + scope.group();
            Scope.await(() -> hasOneQueue(topic), () -> topic + " has no queue");
            Scope.await(() -> StoredMessages.of(scope, topic).size() > 0, () -> topic + " is empty");
            Collector stored = StoredMessages.of(scope, topic);
            stored.checkExactly(List.of("body"));
            MessageExt dead = stored.message("body");
            checkEquals(topic, dead.getTopic(), "topic of the dead letter");
            checkEquals(scope.topic(), dead.getProperty("RETRY_TOPIC"), "RETRY_TOPIC of the dead letter");
            checkEquals(sent.getMsgId(), dead.getMsgId(), "id of the dead letter");
            checkSame(dead, "the dead letter");
            return dead;
        }
    }

    private static Message message(String topic) {
        Message message = new Message(topic, "tag", "the-key", bytes("body"));
        message.putUserProperty("mine", "value");
        message.setFlag(7);
        return message;
    }

    private static void checkSame(MessageExt message, String which) {
        checkEquals("body", Scope.text(message.getBody()), "body of " + which);
        checkEquals("tag", message.getTags(), "tags of " + which);
        checkEquals("the-key", message.getKeys(), "keys of " + which);
        checkEquals("value", message.getUserProperty("mine"), "property of " + which);
        checkEquals(7, message.getFlag(), "flag of " + which);
    }

    private static String levelThree(Scope scope) throws Exception {
        Tries tries = Tries.start(scope, 16, 1, 0);
        tries.awaitAndCheck(2, FIRST_RETRY_MS);
        return "back once, after 10 s";
    }

    private static String levelOne(Scope scope) throws Exception {
        Tries tries = Tries.start(scope, 16, 3, 1);
        tries.awaitAndCheck(4, LEVEL_1_MS);
        return "back three times, a second apart";
    }

    /** Each message of a batch is handed back for itself, and comes back with what is its own. */
    private static String batch(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            batch.add(new Message(scope.topic(), "tag-" + i, "key-" + i, Scope.bytes("batch-" + i)));
        }
        sent(producer.send(batch));
        List<MessageExt> again = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setConsumeMessageBatchMaxSize(1);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            MessageExt message = messages.get(0);
            if (message.getReconsumeTimes() > 0) again.add(message);
            boolean isOfBatch = Scope.text(message.getBody()).startsWith("batch-");
            context.setDelayLevelWhenNextConsume(1);
            return isOfBatch && message.getReconsumeTimes() == 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Scope.await(() -> again.size() >= BATCH, () -> again.size() + " of " + BATCH + " came back");
        checkEquals(BATCH, again.size(), "messages that came back");
        for (int i = 0; i < BATCH; i++) {
            String body = "batch-" + i;
            MessageExt message = again.stream().filter(one -> Scope.text(one.getBody()).equals(body)).findFirst().orElseThrow();
            checkEquals(1, message.getReconsumeTimes(), "reconsumeTimes of " + body);
            checkEquals("tag-" + i, message.getTags(), "tag of " + body);
            checkEquals("key-" + i, message.getKeys(), "key of " + body);
            checkEquals(scope.topic(), message.getTopic(), "topic of " + body);
        }
        return BATCH + " messages of a batch handed back and delivered again, each with its own tag and key";
    }

    private static String deadLetter(Scope scope) throws Exception {
        Tries tries = Tries.start(scope, 2, Integer.MAX_VALUE, 1);
        tries.awaitAndCheck(3, LEVEL_1_MS);
        MessageExt dead = tries.deadLetter();
        checkEquals(3, dead.getReconsumeTimes(), "reconsumeTimes of the dead letter");
        checkEquals(tries.sent().getOffsetMsgId(), dead.getProperty("ORIGIN_MESSAGE_ID"), "ORIGIN_MESSAGE_ID of the dead letter");
        checkEquals("0", dead.getProperty("DELAY"), "DELAY of the dead letter");
        checkEquals(3, tries.seen().size(), "tries");
        return "tried three times, then a dead letter";
    }

    private static String never(Scope scope) throws Exception {
        Tries tries = Tries.start(scope, 16, Integer.MAX_VALUE, -1);
        tries.awaitAndCheck(1, 0);
        checkEquals(1, tries.deadLetter().getReconsumeTimes(), "reconsumeTimes of the dead letter");
        return "level -1: a dead letter at once";
    }

    /** A consumer that holds its queue back tries by itself; what it gives up it sends to its retry topic, and that is a dead letter at once. */
    private static String orderly(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        SendResult sent = sent(producer.send(message(scope.topic())));
        List<MessageExt> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setMaxReconsumeTimes(2);
        consumer.setSuspendCurrentQueueTimeMillis(10);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            seen.addAll(messages);
            return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        });
        consumer.start();
        Tries tries = new Tries(scope, producer, sent, seen);
        MessageExt dead = tries.deadLetter();
        checkEquals(3, seen.size(), "tries");
        checkEquals("-1", dead.getProperty("DELAY"), "DELAY of the dead letter");
        return "tried three times in its queue, then a dead letter";
    }
}
