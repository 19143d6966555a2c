package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListener;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** Push consumption: sharing a topic's queues, broadcasting, tags, order, and how soon a message arrives. */
final class PushCases {
    private static final int QUEUES = 4;
    /** Sooner than the 20 s after which a client looks by itself: the broker must have told it (code 40). */
    private static final long REBALANCE_MS = 12_000;
    /** Without a wake-up half of the messages would take longer: the broker looks at waiting pulls every 5 s. */
    private static final long UNWOKEN_MS = 2_500;
    /** A machine that stands still makes one late; without a wake-up at least half would be. */
    private static final int LATE_OF = 4;

    private PushCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("push-clustering", PushCases::clustering);
        cases.put("push-broadcasting", PushCases::broadcasting);
        cases.put("push-tags", PushCases::tags);
        cases.put("push-orderly", PushCases::orderly);
        cases.put("push-wakes-at-once", PushCases::wakesAtOnce);
        cases.put("push-20000", PushCases::twentyThousand);
    }

    /** A started consumer of the case's topic. */
    private static DefaultMQPushConsumer start(Scope scope, MessageListener listener) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        if (listener instanceof MessageListenerOrderly orderly) {
            consumer.registerMessageListener(orderly);
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) listener);
        }
        consumer.start();
        return consumer;
    }

    private static long queuesOf(DefaultMQPushConsumer consumer, String topic) {
        return consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
            .filter(queue -> queue.getTopic().equals(topic)).count();
    }

    static void awaitQueues(DefaultMQPushConsumer consumer, String topic, int queues) throws Exception {
        Scope.await(() -> queuesOf(consumer, topic) == queues,
            () -> "the consumer has " + queuesOf(consumer, topic) + " queues, not " + queues);
    }

    private static String clustering(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Collector one = new Collector();
        Collector two = new Collector();
        DefaultMQPushConsumer first = start(scope, one);
        awaitQueues(first, scope.topic(), QUEUES);
        one.awaitAll(List.of("first"));
        DefaultMQPushConsumer second = start(scope, two);
        awaitQueues(first, scope.topic(), QUEUES / 2);
        awaitQueues(second, scope.topic(), QUEUES / 2);

        List<String> shared = scope.send(producer, scope.topic(), "shared", 400);
        shared.addAll(scope.sendToEveryQueue(producer, scope.topic(), "last"));
        Scope.await(() -> one.size() - 1 + two.size() >= shared.size(), () -> one.size() + " + " + two.size() + " of 404 + 1 received");
        // Not just half: a producer that learns a topic's own route in the middle of its run begins its round of queues anew.
        int ofTwo = two.size();
        check(ofTwo > 100 && ofTwo < 304, "the second consumer got " + ofTwo + " of 404");
        Scope.awaitConsumed(second, scope.topic(), ofTwo);
        long left = System.nanoTime();
        second.shutdown();
        awaitQueues(first, scope.topic(), QUEUES);
        long tookMs = (System.nanoTime() - left) / 1_000_000;
        check(tookMs < REBALANCE_MS, "the queues of a consumer that left came back after " + tookMs + " ms");
        List<String> alone = scope.send(producer, scope.topic(), "alone", 200);
        alone.addAll(scope.sendToEveryQueue(producer, scope.topic(), "end"));
        one.awaitAll(alone);

        List<String> ofOne = new ArrayList<>(alone);
        ofOne.add("first");
        shared.stream().filter(body -> !two.bodies().contains(body)).forEach(ofOne::add);
        one.checkExactly(ofOne);
        two.checkExactly(two.bodies());
        return "608 messages, each once; the queues came back in " + tookMs + " ms when a consumer left";
    }

    private static String broadcasting(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        List<Collector> collectors = List.of(new Collector(), new Collector());
        for (Collector collector : collectors) {
            DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
            Reflect.setBroadcasting(consumer);
            consumer.subscribe(scope.topic(), "*");
            consumer.registerMessageListener(collector);
            consumer.start();
            awaitQueues(consumer, scope.topic(), QUEUES);
        }
        List<String> bodies = scope.send(producer, scope.topic(), "all", 100);
        for (Collector collector : collectors) {
            collector.awaitAll(bodies);
            List<String> received = new ArrayList<>(collector.bodies());
            received.remove("first");
            checkEquals(100, received.size(), "messages received by each consumer");
        }
        return "both consumers got all 100";
    }

    /** AaAa and BBBB have the same hash, so the broker lets both pass and the client sorts them out. */
    private static String tags(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Collector tagged = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), MessageSelector.byTag("red || AaAa || end"));
        consumer.registerMessageListener(tagged);
        consumer.start();
        awaitQueues(consumer, scope.topic(), QUEUES);

        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            for (String tag : List.of("red", "green", "AaAa", "BBBB", "")) {
                String body = tag + "-" + i;
                sent(producer.send(new Message(scope.topic(), tag, bytes(body))));
                if (tag.equals("red") || tag.equals("AaAa")) {
                    wanted.add(body);
                }
            }
        }
        for (var queue : producer.fetchPublishMessageQueues(scope.topic())) {
            sent(producer.send(new Message(scope.topic(), "end", bytes("end-" + queue.getQueueId())), queue));
            wanted.add("end-" + queue.getQueueId());
        }
        tagged.awaitAll(wanted);
        tagged.checkExactly(wanted);
        return "100 of 250 messages passed, tags with equal hashes apart";
    }

    private static String orderly(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Map<String, Queue<Integer>> orders = new ConcurrentHashMap<>();
        MessageListenerOrderly listener = (messages, context) -> {
            messages.stream().filter(message -> message.getKeys() != null).forEach(message -> orders
                .computeIfAbsent(message.getKeys(), key -> new ConcurrentLinkedQueue<>())
                .add(Integer.valueOf(Scope.text(message.getBody()))));
            return ConsumeOrderlyStatus.SUCCESS;
        };
        DefaultMQPushConsumer first = start(scope, listener);
        DefaultMQPushConsumer second = start(scope, listener);
        awaitQueues(first, scope.topic(), QUEUES / 2);
        awaitQueues(second, scope.topic(), QUEUES / 2);

        List<Integer> sequence = new ArrayList<>();
        for (int step = 0; step < 30; step++) {
            sequence.add(step);
            for (int order = 0; order < 12; order++) {
                Message message = new Message(scope.topic(), "step", "order-" + order, bytes(String.valueOf(step)));
                sent(producer.send(message, (queues, ignored, id) -> queues.get((Integer) id % queues.size()), order));
            }
        }
        Scope.await(() -> orders.values().stream().mapToInt(Queue::size).sum() >= 360,
            () -> orders.values().stream().mapToInt(Queue::size).sum() + " of 360 received");
        for (int order = 0; order < 12; order++) {
            checkEquals(sequence, new ArrayList<>(orders.get("order-" + order)), "steps of order " + order);
        }
        return "12 orders of 30 steps in order over two consumers";
    }

    private static String wakesAtOnce(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = start(scope, collector);
        awaitQueues(consumer, scope.topic(), QUEUES);
        collector.awaitAll(List.of("first"));
        List<Long> tookMs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String body = "wake-" + i;
            sent(producer.send(new Message(scope.topic(), bytes(body))));
            tookMs.add(Scope.await(() -> collector.message(body) != null, () -> body + " not received"));
        }
        checkWoken(tookMs);
        return "40 messages to an idle consumer, the slowest " + Collections.max(tookMs) + " ms after it was sent";
    }

    /** Fails when a consumer that waited was not woken by the messages that took so long. */
    static void checkWoken(List<Long> tookMs) {
        long late = tookMs.stream().filter(ms -> ms >= UNWOKEN_MS).count();
        check(late <= tookMs.size() / LATE_OF, "an idle consumer got " + late + " of " + tookMs.size() + " messages late: " + tookMs);
    }

    private static String twentyThousand(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        Checksums received = new Checksums();
        DefaultMQPushConsumer consumer = start(scope, received);
        awaitQueues(consumer, scope.topic(), QUEUES);
        Checksums sent = Checksums.sendMany(producer, scope.topic(), 20_000);
        Scope.await(60_000, () -> received.count() >= 20_000, () -> received.count() + " of 20,000 received");
        checkEquals(20_000L, received.count(), "messages received");
        checkEquals(sent.sum(), received.sum(), "sum of the bodies' CRC-32");
        return "20,000 messages, checksum " + Long.toHexString(sent.sum());
    }
}
