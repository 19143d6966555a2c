package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;
import static ringmq.compat.Scope.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** 50,000 messages of every kind that there is, in a broker that will be stopped: what of them is done with by then, and what must come of the rest. */
final class EveryKind {
    static final int PLAIN = 30_000;
    static final int BATCHES = 380;
    static final int BATCH = 50;
    static final int LARGE = 100;
    static final int FROM_V6 = 100;
    static final int LONG_NAMED = 100;
    static final int DELAYED = 100;
    static final int FAR_AWAY = 20;
    static final int ENDED = 150;
    static final int UNDECIDED = 30;
    static final int RETRIED = 30;
    static final int ALL = PLAIN + BATCHES * BATCH + LARGE + FROM_V6 + LONG_NAMED + 2 * DELAYED + FAR_AWAY + 2 * ENDED + 2 * UNDECIDED + 4 * RETRIED;
    private static final int IN_FLIGHT = 256;
    private static final int SYSTEM_BUSY = 2;
    private static final int UPDATE_AND_CREATE_TOPIC = 17;
    /** Levels of the delays that the cases set: 1 s, 15 s, 2 h with the first broker. */
    private static final int SHORT_LEVEL = 1;
    private static final int LONG_LEVEL = 2;
    private static final int FAR_LEVEL = 3;

    final Map<Integer, SendResult> plain = new ConcurrentHashMap<>();
    final Collector delayed = new Collector();
    final Collector committed = new Collector();
    final Collector retried = new Collector();
    private final Scope scope;
    /** While false nothing that is asked about is decided. */
    private volatile boolean decides;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();

    EveryKind(Scope scope) {
        this.scope = scope;
    }

    String batchTopic() {
        return scope.topic("batch");
    }

    String delayTopic() {
        return scope.topic("delay");
    }

    String transactionTopic() {
        return scope.topic("txn");
    }

    String retryTopic() {
        return scope.topic("retry");
    }

    String retryGroup() {
        return scope.group() + "_retry";
    }

    /**
     * Past the 127 characters that a V1 record has room for. Brokers make no group of more than 120 any more; those before 5.x did, and the store is
     * given one that they have left.
     */
    String longTopic() {
        return "%RETRY%" + scope.parameter("oldGroup");
    }

    /** Sends everything, and waits for what is to happen before the broker stops. */
    void fill() throws Exception {
        DefaultMQProducer producer = scope.producer();
        // The retry topic too, which a consumer would learn of 30 s after its first heartbeat.
        for (String topic : List.of(scope.topic(), batchTopic(), delayTopic(), transactionTopic(), retryTopic(), "%RETRY%" + retryGroup())) {
            Scope.await(() -> isMade(scope, producer, topic), () -> topic + " is not there");
        }
        sendPlain(producer);
        for (int i = 0; i < BATCHES; i++) {
            sent(producer.send(batch(i)));
        }
        sendRaw();
        sendDelayed(producer);
        sendTransactions();
        sendRetried(producer);
    }

    /** Topics are made beforehand, so that all messages count; true once the topic is in the route. */
    static boolean isMade(Scope scope, DefaultMQProducer producer, String topic) {
        RawClient raw = new RawClient();
        try {
            Map<String, String> fields = Map.of("topic", topic, "defaultTopic", "TBW102", "readQueueNums", "4", "writeQueueNums", "4", "perm", "6",
                "topicFilterType", "SINGLE_TAG", "topicSysFlag", "0", "order", "false");
            raw.call(scope.broker(), UPDATE_AND_CREATE_TOPIC, fields, null);
            return producer.fetchPublishMessageQueues(topic).size() == 4;
        } catch (Exception notYet) {
            return false;
        } finally {
            raw.close();
        }
    }

    private Message plainMessage(int i) {
        boolean isLarge = i >= PLAIN;
        String body = "plain-" + i + "-" + "x".repeat(isLarge ? 8_000 : i % 300);
        Message message = new Message(scope.topic(), "tag-" + i % 4, "key-" + i + " all-" + i % 200, bytes(body));
        message.putUserProperty("index", String.valueOf(i));
        message.setFlag(i);
        return message;
    }

    private void sendPlain(DefaultMQProducer producer) throws Exception {
        Queue<Integer> busy = new ConcurrentLinkedQueue<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Semaphore places = new Semaphore(IN_FLIGHT);
        for (int i = 0; i < PLAIN + LARGE; i++) {
            int number = i;
            places.acquire();
            producer.send(plainMessage(i), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    plain.put(number, result);
                    places.release();
                }

                @Override
                public void onException(Throwable failure) {
                    if (failure instanceof MQBrokerException refused && refused.getResponseCode() == SYSTEM_BUSY) {
                        busy.add(number);
                    } else {
                        failures.add(failure);
                    }
                    places.release();
                }
            });
        }
        places.acquire(IN_FLIGHT);
        check(failures.isEmpty(), failures.size() + " sends failed: " + failures.peek());
        for (int number : busy) {
            plain.put(number, sent(producer.send(plainMessage(number))));
        }
        checkEquals(PLAIN + LARGE, plain.size(), "plain messages sent");
    }

    private List<Message> batch(int number) {
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            Message message = new Message(batchTopic(), "tag-" + i, "batch-" + number + " in-" + number + "-" + i, bytes("batch-" + number + "-" + i));
            message.putUserProperty("index", String.valueOf(i));
            batch.add(message);
        }
        return batch;
    }

    /** Those of a client that is connected over IPv6, and those of a topic whose name only a V2 record has room for, half of them over IPv6 too. */
    private void sendRaw() throws Exception {
        RawClient raw = scope.rawClient();
        String properties = "TAGS\u0001raw\u0002KEYS\u0001raw\u0002UNIQ_KEY\u0001";
        for (int i = 0; i < FROM_V6; i++) {
            checkEquals(0, raw.send(scope.parameter("brokerV6"), scope.topic(), i % 4, properties + "V6" + i, bytes("v6-" + i)).getCode(), "code over IPv6");
        }
        for (int i = 0; i < LONG_NAMED; i++) {
            String broker = i % 2 == 0 ? scope.broker() : scope.parameter("brokerV6");
            checkEquals(0, raw.send(broker, longTopic(), 0, properties + "V2" + i, bytes("v2-" + i)).getCode(), "code of the long topic");
        }
    }

    private Message delayed(String body, int level) {
        Message message = new Message(delayTopic(), "tag", "key-" + body, bytes(body));
        message.setDelayTimeLevel(level);
        return message;
    }

    private static List<String> bodies(String prefix, int count) {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            bodies.add(prefix + "-" + i);
        }
        return bodies;
    }

    private void sendDelayed(DefaultMQProducer producer) throws Exception {
        DefaultMQPushConsumer consumer = consumeDelayed();
        for (String body : bodies("short", DELAYED)) {
            sent(producer.send(delayed(body, SHORT_LEVEL)));
        }
        for (String body : bodies("far", FAR_AWAY)) {
            sent(producer.send(delayed(body, FAR_LEVEL)));
        }
        delayed.awaitAll(bodies("short", DELAYED));
        scope.leave(consumer, scope.group() + "_delay", delayTopic(), DELAYED);
    }

    /** What waits while the broker stops; sent last. */
    void sendWaiting() throws Exception {
        DefaultMQProducer producer = scope.producer();
        for (String body : bodies("long", DELAYED)) {
            sent(producer.send(delayed(body, LONG_LEVEL)));
        }
    }

    DefaultMQPushConsumer consumeDelayed() throws Exception {
        return start(scope.group() + "_delay", delayTopic(), delayed);
    }

    DefaultMQPushConsumer consumeCommitted() throws Exception {
        return start(scope.group() + "_txn", transactionTopic(), committed);
    }

    private DefaultMQPushConsumer start(String group, String topic, MessageListenerConcurrently listener) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(group);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(listener);
        consumer.start();
        return consumer;
    }

    /** Those that were delayed, each once, before the handover or after it; those of the far level after it, since the second broker's is shorter. */
    void awaitDelayed() throws Exception {
        List<String> expected = bodies("short", DELAYED);
        expected.addAll(bodies("long", DELAYED));
        expected.addAll(bodies("far", FAR_AWAY));
        delayed.awaitAll(expected);
        delayed.checkExactly(expected);
    }

    TransactionMQProducer transactionProducer() throws Exception {
        TransactionMQProducer producer = scope.newTransactionProducer();
        producer.setProducerGroup("txn_" + scope.parameter("id"));
        producer.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
                return decision(text(message.getBody()), false);
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                asked.add(text(message.getBody()));
                return decision(text(message.getBody()), decides);
            }
        });
        producer.start();
        return producer;
    }

    private static LocalTransactionState decision(String body, boolean decides) {
        if (body.startsWith("undecided") && !decides) {
            return LocalTransactionState.UNKNOW;
        }
        return body.contains("commit") ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
    }

    private void sendTransactions() throws Exception {
        TransactionMQProducer producer = transactionProducer();
        DefaultMQPushConsumer consumer = consumeCommitted();
        for (String prefix : List.of("commit", "rollback", "undecided-commit", "undecided-rollback")) {
            for (String body : bodies(prefix, prefix.startsWith("undecided") ? UNDECIDED : ENDED)) {
                sent(producer.sendMessageInTransaction(new Message(transactionTopic(), "tag", "key-" + body, bytes(body)), null));
            }
        }
        committed.awaitAll(bodies("commit", ENDED));
        scope.leave(consumer, scope.group() + "_txn", transactionTopic(), ENDED);
        committed.checkExactly(bodies("commit", ENDED));
        producer.shutdown();
    }

    /** After the handover: asked about what was undecided, its producer decides. */
    void awaitDecided() throws Exception {
        decides = true;
        TransactionMQProducer producer = transactionProducer();
        // A producer that has sent nothing tells brokers of itself only every 30 s.
        sent(producer.send(new Message(scope.topic("probe"), bytes("probe"))));
        producer.getDefaultMQProducerImpl().getMqClientFactory().sendHeartbeatToAllBrokerWithLock();
        DefaultMQPushConsumer consumer = consumeCommitted();
        List<String> expected = bodies("commit", ENDED);
        expected.addAll(bodies("undecided-commit", UNDECIDED));
        Set<String> all = new TreeSet<>(bodies("undecided-commit", UNDECIDED));
        all.addAll(bodies("undecided-rollback", UNDECIDED));
        committed.awaitAll(expected);
        Scope.await(() -> asked.containsAll(all), () -> "asked only about " + asked.size() + " of " + all.size());
        committed.checkExactly(expected);
        consumer.shutdown();
    }

    /** Bodies say what becomes of them: taken at once, after a second, only later, or never. */
    DefaultMQPushConsumer consumeRetried() throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(retryGroup());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeMessageBatchMaxSize(1);
        consumer.subscribe(retryTopic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            MessageExt message = messages.get(0);
            String body = text(message.getBody());
            if (body.startsWith("ok") || message.getReconsumeTimes() > 0) {
                retried.add(message);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            }
            context.setDelayLevelWhenNextConsume(body.startsWith("dead") ? -1 : body.startsWith("again") ? SHORT_LEVEL : LONG_LEVEL);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        consumer.start();
        return consumer;
    }

    private void sendRetried(DefaultMQProducer producer) throws Exception {
        DefaultMQPushConsumer consumer = consumeRetried();
        for (int i = 0; i < RETRIED; i++) {
            for (String prefix : List.of("ok", "again", "dead", "late")) {
                sent(producer.send(new Message(retryTopic(), "tag", "key-" + prefix + "-" + i, bytes(prefix + "-" + i))));
            }
        }
        List<String> expected = bodies("ok", RETRIED);
        expected.addAll(bodies("again", RETRIED));
        retried.awaitAll(expected);
        scope.leave(consumer, retryGroup(), retryTopic(), 4L * RETRIED);
    }

    /** After the handover those that were handed back late come too; the dead letters are where they were. */
    void awaitRetried() throws Exception {
        DefaultMQPushConsumer consumer = consumeRetried();
        List<String> expected = bodies("ok", RETRIED);
        expected.addAll(bodies("again", RETRIED));
        expected.addAll(bodies("late", RETRIED));
        retried.awaitAll(expected);
        retried.checkExactly(expected);
        for (String body : bodies("late", RETRIED)) {
            checkEquals(1, retried.message(body).getReconsumeTimes(), "reconsumeTimes of " + body);
            checkEquals(retryTopic(), retried.message(body).getTopic(), "topic of " + body);
        }
        StoredMessages.of(scope, "%DLQ%" + retryGroup()).checkExactly(bodies("dead", RETRIED));
        consumer.shutdown();
    }
}
