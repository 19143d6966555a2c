package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** The pull consumer and the lite pull consumer: offsets, statuses, seeking. */
@SuppressWarnings("deprecation")
final class PullCases {
    private PullCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("pull", PullCases::pull);
        cases.put("pull-statuses", PullCases::statuses);
        cases.put("pull-offset-by-timestamp", PullCases::offsetByTimestamp);
        cases.put("lite-pull-subscribe", PullCases::liteSubscribe);
        cases.put("lite-pull-assign", PullCases::liteAssign);
    }

    private static MessageQueue onlyQueue(DefaultMQProducer producer, String topic) throws Exception {
        return producer.fetchPublishMessageQueues(topic).get(0);
    }

    private static List<String> fill(Scope scope, DefaultMQProducer producer, MessageQueue queue, int from, int to) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = from; i < to; i++) {
            sent(producer.send(new Message(scope.topic(), i % 2 == 0 ? "even" : "odd", bytes("m-" + i)), queue));
            bodies.add("m-" + i);
        }
        return bodies;
    }

    private static MessageQueue createTopic(Scope scope, DefaultMQProducer producer) throws Exception {
        AdminCases.createTopic(scope, scope.topic(), 1);
        return onlyQueue(producer, scope.topic());
    }

    private static String pull(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        MessageQueue queue = createTopic(scope, producer);
        fill(scope, producer, queue, 0, 100);
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        checkEquals(1, consumer.fetchSubscribeMessageQueues(scope.topic()).size(), "queues");
        checkEquals(0L, consumer.minOffset(queue), "minOffset");
        checkEquals(100L, consumer.maxOffset(queue), "maxOffset");
        checkEquals(-1L, consumer.fetchConsumeOffset(queue, false) > 0 ? 1L : -1L, "offset of a new group");
        PullResult page = consumer.pull(queue, "*", 10, 32);
        checkEquals(PullStatus.FOUND, page.getPullStatus(), "status");
        checkEquals(32, page.getMsgFoundList().size(), "messages in a page");
        checkEquals(42L, page.getNextBeginOffset(), "nextBeginOffset");
        checkEquals(100L, page.getMaxOffset(), "maxOffset of the page");
        consumer.updateConsumeOffset(queue, 42);
        consumer.getDefaultMQPullConsumerImpl().getOffsetStore().persist(queue);
        Scope.await(() -> consumer.fetchConsumeOffset(queue, true) == 42, () -> "stored offset " + consumer.fetchConsumeOffset(queue, true));
        check(consumer.earliestMsgStoreTime(queue) > System.currentTimeMillis() - 600_000, "earliestMsgStoreTime");
        return "pages, offsets and their bounds as asked";
    }

    private static String statuses(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        MessageQueue queue = createTopic(scope, producer);
        fill(scope, producer, queue, 0, 20);
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        PullResult odd = consumer.pull(queue, "odd", 0, 32);
        checkEquals(10, odd.getMsgFoundList().size(), "messages with tag odd");
        PullResult none = consumer.pull(queue, "neither", 0, 32);
        checkEquals(PullStatus.NO_MATCHED_MSG, none.getPullStatus(), "status when no tag matches");
        checkEquals(20L, none.getNextBeginOffset(), "nextBeginOffset when no tag matches");
        checkEquals(PullStatus.NO_NEW_MSG, consumer.pull(queue, "*", 20, 32).getPullStatus(), "status at the end");
        PullResult past = consumer.pull(queue, "*", 1000, 32);
        checkEquals(PullStatus.OFFSET_ILLEGAL, past.getPullStatus(), "status past the end");
        checkEquals(20L, past.getNextBeginOffset(), "nextBeginOffset past the end");

        CompletableFuture<PullResult> held = CompletableFuture.supplyAsync(() -> {
            try {
                return consumer.pullBlockIfNotFound(queue, "*", 20, 32);
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
        check(!held.isDone(), "a pull at the end was answered at once");
        fill(scope, producer, queue, 20, 21);
        PullResult woken = held.get(10, TimeUnit.SECONDS);
        checkEquals(PullStatus.FOUND, woken.getPullStatus(), "status of a held pull");
        checkEquals("m-20", Scope.text(woken.getMsgFoundList().get(0).getBody()), "message of a held pull");
        return "FOUND, NO_MATCHED_MSG, NO_NEW_MSG, OFFSET_ILLEGAL and a held pull";
    }

    private static String offsetByTimestamp(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        MessageQueue queue = createTopic(scope, producer);
        fill(scope, producer, queue, 0, 50);
        SendResult fiftieth = sent(producer.send(new Message(scope.topic(), bytes("m-50")), queue));
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        MessageExt message = consumer.pull(queue, "*", fiftieth.getQueueOffset(), 1).getMsgFoundList().get(0);
        Scope.await(() -> System.currentTimeMillis() > message.getStoreTimestamp() + 5, () -> "the clock stands");
        fill(scope, producer, queue, 51, 100);
        checkEquals(0L, consumer.searchOffset(queue, 0), "offset at timestamp 0");
        long found = consumer.searchOffset(queue, message.getStoreTimestamp() + 1);
        checkEquals(51L, found, "offset right after message 50");
        checkEquals(100L, consumer.searchOffset(queue, System.currentTimeMillis() + 60_000), "offset in the future");
        return "first, between and past the last message";
    }

    private static String liteSubscribe(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> bodies = scope.send(producer, scope.topic(), "lite", 100);
        Collector first = new Collector();
        DefaultLitePullConsumer consumer = liteConsumer(scope);
        poll(consumer, first, 100);
        first.checkExactly(bodies);
        consumer.commitSync();
        consumer.shutdown();
        scope.awaitCommitted(scope.group(), scope.topic(), bodies.size());

        List<String> more = scope.send(producer, scope.topic(), "more", 60);
        Collector second = new Collector();
        poll(liteConsumer(scope), second, 60);
        second.checkExactly(more);
        return "160 polled, each once over two consumers after each other";
    }

    private static DefaultLitePullConsumer liteConsumer(Scope scope) throws Exception {
        DefaultLitePullConsumer consumer = scope.newLitePullConsumer(scope.group());
        consumer.setAutoCommit(false);
        consumer.subscribe(scope.topic(), "*");
        consumer.start();
        return consumer;
    }

    private static void poll(DefaultLitePullConsumer consumer, Collector collector, int count) throws Exception {
        Scope.await(() -> {
            consumer.poll(100).forEach(collector::add);
            return collector.size() >= count;
        }, () -> collector.size() + " of " + count + " polled");
    }

    private static String liteAssign(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> bodies = scope.send(producer, scope.topic(), "lite", 80);
        DefaultLitePullConsumer consumer = scope.newLitePullConsumer(scope.group());
        consumer.setAutoCommit(false);
        consumer.start();
        Collection<MessageQueue> queues = consumer.fetchMessageQueues(scope.topic());
        checkEquals(4, queues.size(), "queues");
        consumer.assign(queues);
        for (MessageQueue queue : queues) {
            consumer.seekToBegin(queue);
        }
        Collector all = new Collector();
        poll(consumer, all, 80);
        all.checkSame(bodies); // not once each: client 4.9.8 keeps what a pull brings that was under way while it sought

        MessageQueue queue = queues.iterator().next();
        consumer.assign(List.of(queue));
        consumer.seek(queue, 5);
        Collector fromFive = new Collector();
        // Not always 20 a queue: a producer whose route is refreshed in the middle of its sends starts its round anew.
        long inQueue = all.bodies().stream().filter(body -> all.message(body).getQueueId() == queue.getQueueId()).count();
        check(inQueue > 5, "messages in the queue: " + inQueue);
        poll(consumer, fromFive, (int) inQueue - 5);
        checkEquals(5L, fromFive.bodies().stream().mapToLong(body -> fromFive.message(body).getQueueOffset()).min().orElse(-1), "first offset");
        checkEquals(0L, consumer.offsetForTimestamp(queue, 0L), "offsetForTimestamp(0)");
        consumer.seekToEnd(queue);
        sent(producer.send(new Message(scope.topic(), bytes("at-the-end")), queue));
        Collector end = new Collector();
        poll(consumer, end, 1);
        end.checkExactly(List.of("at-the-end"));
        return "assigned queues, sought to begin, 5 and end";
    }
}
