package ringmq.compat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.store.ReadOffsetType;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * What one run of a case lives in: its parameters, names of its own for topics and groups, clients that are shut down when it ends, and
 * waits that end on a condition or fail at a deadline.
 */
final class Scope implements AutoCloseable {
    private static final AtomicInteger INSTANCES = new AtomicInteger();
    /** Longer than a client's heartbeat interval (30 s): a client that loses the race for its first heartbeat makes up for it then. */
    private static final long WAIT_MS = 60_000;
    private static final long LOOK_AGAIN_MS = 10;
    private static final int QUERY_CONSUMER_OFFSET = 14;
    private static final int AUTO_CREATED_QUEUES = 4;
    private static final int API_TIMEOUT_MS = 10_000;

    private final Map<String, String> parameters;
    private final Protocol protocol;
    private final Deque<Runnable> closers = new ArrayDeque<>();

    Scope(Map<String, String> parameters, Protocol protocol) {
        this.parameters = parameters;
        this.protocol = protocol;
    }

    String parameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the case needs the parameter " + name);
        }
        return value;
    }

    String nameServer() {
        return parameter("namesrv");
    }

    String broker() {
        return parameter("broker");
    }

    String topic() {
        return "compat_" + parameter("id");
    }

    String topic(String suffix) {
        return topic() + "_" + suffix;
    }

    String group() {
        return "group_" + parameter("id");
    }

    void ask(String action) throws IOException {
        protocol.ask(action);
    }

    DefaultMQProducer producer() throws Exception {
        DefaultMQProducer producer = newProducer();
        producer.start();
        return producer;
    }

    /** A producer to be set up further and started by the case. */
    DefaultMQProducer newProducer() {
        DefaultMQProducer producer = new DefaultMQProducer("producer_" + parameter("id"));
        aim(producer);
        producer.setSendMsgTimeout(10_000);
        closers.push(producer::shutdown);
        return producer;
    }

    /** One of the case's group of producers, to be given its listener and started by the case. */
    TransactionMQProducer newTransactionProducer() {
        TransactionMQProducer producer = new TransactionMQProducer("producer_" + parameter("id"));
        aim(producer);
        producer.setSendMsgTimeout(10_000);
        closers.push(producer::shutdown);
        return producer;
    }

    /** As {@link #newProducer}, writing a trace of what it sends to a topic, or to the system's own if that is null. */
    DefaultMQProducer newTracingProducer(String traceTopic) {
        DefaultMQProducer producer = new DefaultMQProducer("producer_" + parameter("id"), true, traceTopic);
        aim(producer);
        producer.setSendMsgTimeout(10_000);
        closers.push(producer::shutdown);
        return producer;
    }

    /** As {@link #newPushConsumer}, likewise. */
    DefaultMQPushConsumer newTracingConsumer(String group, String traceTopic) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group, true, traceTopic);
        aim(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        closers.push(consumer::shutdown);
        return consumer;
    }

    /**
     * Reads from the first offset unless the case says otherwise: from the last one, a message that comes to an empty queue while the
     * consumer asks where to begin would count as one from before.
     */
    DefaultMQPushConsumer newPushConsumer(String group) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        aim(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        closers.push(consumer::shutdown);
        return consumer;
    }

    @SuppressWarnings("deprecation")
    DefaultMQPullConsumer pullConsumer() throws Exception {
        DefaultMQPullConsumer consumer = newPullConsumer();
        consumer.start();
        return consumer;
    }

    /** A pull consumer to be set up further and started by the case. */
    @SuppressWarnings("deprecation")
    DefaultMQPullConsumer newPullConsumer() {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(group() + "_pull");
        aim(consumer);
        closers.push(consumer::shutdown);
        return consumer;
    }

    DefaultLitePullConsumer newLitePullConsumer(String group) {
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(group);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        aim(consumer);
        closers.push(consumer::shutdown);
        return consumer;
    }

    DefaultMQAdminExt admin() throws Exception {
        DefaultMQAdminExt admin = new DefaultMQAdminExt(10_000);
        aim(admin);
        closers.push(admin::shutdown);
        admin.start();
        return admin;
    }

    RawClient rawClient() {
        RawClient client = new RawClient();
        closers.push(client::close);
        return client;
    }

    /** At the server under test, as a client of its own, with the patience that a busy machine needs. */
    private void aim(ClientConfig client) {
        client.setNamesrvAddr(nameServer());
        client.setInstanceName("compat-" + ProcessHandle.current().pid() + "-" + INSTANCES.incrementAndGet());
        client.setMqClientApiTimeout(API_TIMEOUT_MS);
    }

    /** Sends bodies {@code prefix-0 … prefix-(count-1)} one after another and returns them. */
    List<String> send(DefaultMQProducer producer, String topic, String prefix, int count) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String body = prefix + "-" + i;
            sent(producer.send(new Message(topic, bytes(body))));
            bodies.add(body);
        }
        return bodies;
    }

    /** Sends one message {@code prefix-QUEUE} to every queue: what arrives after it in no queue was sent before it. */
    List<String> sendToEveryQueue(DefaultMQProducer producer, String topic, String prefix) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (MessageQueue queue : producer.fetchPublishMessageQueues(topic)) {
            String body = prefix + "-" + queue.getQueueId();
            sent(producer.send(new Message(topic, bytes(body)), queue));
            bodies.add(body);
        }
        return bodies;
    }

    /** Creates the topic by its first message, so that consumers find a route at once. */
    void createTopicBySending(DefaultMQProducer producer, String topic) throws Exception {
        sent(producer.send(new Message(topic, "first", bytes("first"))));
    }

    /** Waits until {@code messages} of the topic count as consumed, so that shutting the consumer down commits them all. */
    static void awaitConsumed(DefaultMQPushConsumer consumer, String topic, long messages) throws Exception {
        var offsets = consumer.getDefaultMQPushConsumerImpl().getOffsetStore();
        Callable<Long> consumed = () -> consumer.fetchSubscribeMessageQueues(topic).stream()
            .mapToLong(queue -> Math.max(0, offsets.readOffset(queue, ReadOffsetType.READ_FROM_MEMORY))).sum();
        await(() -> consumed.call() >= messages, () -> consumed.call() + " of " + messages + " messages consumed");
    }

    /**
     * Waits until the broker has the group's offsets for {@code messages} of the topic: a consumer that shuts down sends them without
     * waiting for an answer, so the next one may ask sooner.
     */
    void awaitCommitted(String group, String topic, long messages) throws Exception {
        RawClient raw = rawClient();
        await(() -> committed(raw, group, topic) == messages, () -> committed(raw, group, topic) + " of " + messages + " messages committed");
    }

    /** Shuts a consumer down that has {@code messages} of the topic, once the broker has its group's offsets; what it sends on leaving may get lost. */
    void leave(DefaultMQPushConsumer consumer, String group, String topic, long messages) throws Exception {
        awaitConsumed(consumer, topic, messages);
        RawClient raw = rawClient();
        await(() -> {
            consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
            return committed(raw, group, topic) == messages;
        }, () -> committed(raw, group, topic) + " of " + messages + " messages committed");
        consumer.shutdown();
    }

    private long committed(RawClient raw, String group, String topic) throws Exception {
        long sum = 0;
        for (int queue = 0; queue < AUTO_CREATED_QUEUES; queue++) {
            Map<String, String> fields = Map.of("consumerGroup", group, "topic", topic, "queueId", String.valueOf(queue));
            var answer = raw.call(broker(), QUERY_CONSUMER_OFFSET, fields, null);
            sum += answer.getCode() == 0 ? Long.parseLong(answer.getExtFields().get("offset")) : 0;
        }
        return sum;
    }

    static SendResult sent(SendResult result) {
        check(result.getSendStatus() == SendStatus.SEND_OK, "send status is " + result.getSendStatus());
        return result;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] body) {
        return new String(body, StandardCharsets.UTF_8);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    static void checkEquals(Object expected, Object actual, String what) {
        check(expected.equals(actual), what + ": expected " + expected + ", got " + actual);
    }

    /** Waits until the condition holds; fails with {@code what} after 60 s. */
    static long await(Callable<Boolean> condition, Callable<String> what) throws Exception {
        return await(WAIT_MS, condition, what);
    }

    /** Waits until the condition holds and returns the milliseconds it took; fails with {@code what} at the deadline. */
    static long await(long waitMs, Callable<Boolean> condition, Callable<String> what) throws Exception {
        long start = System.nanoTime();
        while (!condition.call()) {
            if (System.nanoTime() - start > waitMs * 1_000_000) {
                throw new AssertionError("after " + waitMs + " ms: " + what.call());
            }
            Thread.sleep(LOOK_AGAIN_MS);
        }
        return (System.nanoTime() - start) / 1_000_000;
    }

    @Override
    public void close() {
        while (!closers.isEmpty()) {
            try {
                closers.pop().run();
            } catch (RuntimeException failure) {
                failure.printStackTrace(); // a client that will not stop is no reason to leave the others running
            }
        }
    }
}
