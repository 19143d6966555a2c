package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullCallback;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What an administrator learns of running consumers and asks of them, and the finer points of the pull consumers. */
@SuppressWarnings("deprecation")
final class ConsumerCases {
    private static final int QUEUES = 4;

    private ConsumerCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("consumer-running-info", ConsumerCases::runningInfo);
        cases.put("consumer-directly", ConsumerCases::directly);
        cases.put("consumer-stats", ConsumerCases::stats);
        cases.put("lite-pull-control", ConsumerCases::liteControl);
        cases.put("pull-shared", ConsumerCases::pullShared);
    }

    private static DefaultMQPushConsumer start(Scope scope, MessageListenerConcurrently listener) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(listener);
        consumer.start();
        PushCases.awaitQueues(consumer, scope.topic(), QUEUES);
        return consumer;
    }

    private static String clientId(DefaultMQPushConsumer consumer) {
        return consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    }

    private static String runningInfo(Scope scope) throws Exception {
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        DefaultMQPushConsumer consumer = start(scope, new Collector());
        DefaultMQAdminExt admin = scope.admin();
        var online = admin.examineConsumerConnectionInfo(scope.group());
        checkEquals(Set.of(clientId(consumer)), Set.copyOf(online.getConnectionSet().stream().map(one -> one.getClientId()).toList()), "clients");
        var info = admin.getConsumerRunningInfo(scope.group(), clientId(consumer), true);
        check(info.getSubscriptionSet().stream().anyMatch(one -> one.getTopic().equals(scope.topic())), "the topic is not in the subscriptions");
        checkEquals((long) QUEUES, info.getMqTable().keySet().stream().filter(queue -> queue.getTopic().equals(scope.topic())).count(), "queues");
        check(info.getJstack().contains("Thread"), "no stacks of threads");
        check(admin.getConsumerRunningInfo(scope.group(), clientId(consumer), false).getJstack() == null, "stacks that nobody asked for");
        try {
            admin.getConsumerRunningInfo(scope.group(), "nobody@1", false);
        } catch (Exception expected) {
            String wanted = "The Consumer <" + scope.group() + "> <nobody@1> not online";
            check(String.valueOf(expected.getMessage()).contains(wanted), "remark for a client that is not here: " + expected.getMessage());
            return "subscriptions, 4 queues and stacks of a running consumer";
        }
        throw new AssertionError("a client that is not here told how it runs");
    }

    private static String directly(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        List<String> received = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = start(scope, (messages, context) -> {
            messages.forEach(message -> received.add(Scope.text(message.getBody()) + "@" + message.getQueueOffset()));
            return received.size() > 2 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        SendResult result = sent(producer.send(new Message(scope.topic(), bytes("m"))));
        Scope.await(() -> received.size() == 1, () -> "received: " + received);
        DefaultMQAdminExt admin = scope.admin();
        for (String outcome : List.of("CR_SUCCESS", "CR_LATER")) {
            var answer = admin.consumeMessageDirectly(scope.group(), clientId(consumer), scope.topic(), result.getOffsetMsgId());
            checkEquals(outcome, answer.getConsumeResult().name(), "what the listener made of it");
        }
        String once = "m@" + result.getQueueOffset();
        checkEquals(List.of(once, once, once), List.copyOf(received), "received");
        return "a stored message handed to the listener twice more, and its outcomes told";
    }

    private static String stats(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = start(scope, collector);
        List<String> bodies = scope.send(producer, scope.topic(), "m", 40);
        collector.awaitAll(bodies);
        Scope.awaitConsumed(consumer, scope.topic(), 40);
        DefaultMQAdminExt admin = scope.admin();
        Map<String, Map<MessageQueue, Long>> status = admin.getConsumeStatus(scope.topic(), scope.group(), "");
        checkEquals(Set.of(clientId(consumer)), status.keySet(), "clients that told their status");
        checkEquals(40L, status.get(clientId(consumer)).values().stream().mapToLong(Long::longValue).sum(), "offsets that the client told");
        consumer.shutdown();
        scope.awaitCommitted(scope.group(), scope.topic(), 40);
        scope.send(producer, scope.topic(), "more", 12);
        var offsets = admin.examineConsumeStats(scope.group(), scope.topic()).getOffsetTable();
        checkEquals(QUEUES, offsets.size(), "queues in the statistics");
        checkEquals(52L, offsets.values().stream().mapToLong(one -> one.getBrokerOffset()).sum(), "broker offsets");
        checkEquals(40L, offsets.values().stream().mapToLong(one -> one.getConsumerOffset()).sum(), "consumer offsets");
        checkEquals(12L, admin.examineConsumeStats(scope.group(), scope.topic()).computeTotalDiff(), "messages behind");
        check(offsets.values().stream().allMatch(one -> one.getLastTimestamp() > System.currentTimeMillis() - 600_000), "times of the last consumed");
        check(admin.queryTopicConsumeByWho(scope.topic()).getGroupList().contains(scope.group()), "the group does not consume the topic");
        var spans = admin.queryConsumeTimeSpan(scope.topic(), scope.group());
        checkEquals(QUEUES, spans.size(), "queues in the time spans");
        check(spans.stream().allMatch(one -> one.getMinTimeStamp() <= one.getConsumeTimeStamp()
            && one.getConsumeTimeStamp() <= one.getMaxTimeStamp() && one.getDelayTime() >= 0), "time spans: " + spans);
        return "40 of 52 consumed, 12 behind, by client, group and time";
    }

    private static String liteControl(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 2);
        List<MessageQueue> queues = new ArrayList<>(producer.fetchPublishMessageQueues(scope.topic()));
        for (MessageQueue queue : queues) {
            for (int i = 0; i < 20; i++) {
                sent(producer.send(new Message(scope.topic(), bytes(queue.getQueueId() + "-" + i)), queue));
            }
        }
        DefaultLitePullConsumer consumer = scope.newLitePullConsumer(scope.group());
        consumer.setAutoCommit(false);
        consumer.setPullBatchSize(8);
        MessageQueue paused = queues.get(0);
        MessageQueue open = queues.get(1);
        consumer.assign(queues);
        // Before it starts: a pull that is under way already would still bring something.
        consumer.pause(List.of(paused));
        consumer.start();
        Collector collector = new Collector();
        poll(consumer, collector, 20);
        check(collector.bodies().stream().allMatch(body -> body.startsWith(open.getQueueId() + "-")), "polled from a paused queue: " + collector.bodies());
        consumer.resume(List.of(paused));
        poll(consumer, collector, 40);
        consumer.commitSync();
        Scope.await(() -> consumer.committed(open) == 20 && consumer.committed(paused) == 20,
            () -> "committed " + consumer.committed(open) + " and " + consumer.committed(paused));
        consumer.seek(open, 15);
        Collector again = new Collector();
        poll(consumer, again, 5);
        checkEquals(Set.of("15", "16", "17", "18", "19"),
            Set.copyOf(again.bodies().stream().map(body -> body.split("-")[1]).toList()), "polled after seeking");
        consumer.seekToBegin(paused);
        poll(consumer, again, 25);
        checkEquals(25, again.size(), "polled after seeking to the begin");
        return "a paused queue gives nothing until it is resumed; committed, sought to an offset and to the begin";
    }

    private static void poll(DefaultLitePullConsumer consumer, Collector collector, int count) throws Exception {
        Scope.await(() -> {
            consumer.poll(100).forEach(collector::add);
            return collector.size() >= count;
        }, () -> collector.size() + " of " + count + " polled: " + collector.bodies());
    }

    /** Two pull consumers of a group share the queues; pulls with a callback; the offset that one stores the other finds. */
    private static String pullShared(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        Map<Integer, Set<MessageQueue>> shares = new ConcurrentHashMap<>();
        List<DefaultMQPullConsumer> consumers = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            consumers.add(startShared(scope, index, shares));
        }
        Scope.await(() -> shares.size() == 2 && shares.values().stream().allMatch(share -> share.size() == QUEUES / 2), () -> "shares: " + shares);
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        for (int i = 0; i < 10; i++) {
            sent(producer.send(new Message(scope.topic(), i < 5 ? "low" : "high", bytes("m-" + i)), queue));
        }
        CompletableFuture<PullResult> pulled = new CompletableFuture<>();
        consumers.get(0).pull(queue, "high", 0, 32, new PullCallback() {
            @Override
            public void onSuccess(PullResult result) {
                pulled.complete(result);
            }

            @Override
            public void onException(Throwable failure) {
                pulled.completeExceptionally(failure);
            }
        });
        checkEquals(5, pulled.get(30, TimeUnit.SECONDS).getMsgFoundList().size(), "messages with the tag");
        consumers.get(0).updateConsumeOffset(queue, 6);
        consumers.get(0).getDefaultMQPullConsumerImpl().getOffsetStore().updateConsumeOffsetToBroker(queue, 6, false);
        checkEquals(6L, consumers.get(1).fetchConsumeOffset(queue, true), "the offset that the other consumer stored");
        try {
            consumers.get(0).pull(new MessageQueue(scope.topic(), queue.getBrokerName(), 99), "*", 0, 1);
        } catch (MQBrokerException expected) {
            checkEquals(29, expected.getResponseCode(), "code for a queue that is not there");
            return "2 queues each, pulled with a callback, offsets shared";
        }
        throw new AssertionError("a pull of a queue that is not there succeeded");
    }

    private static DefaultMQPullConsumer startShared(Scope scope, int index, Map<Integer, Set<MessageQueue>> shares) throws Exception {
        DefaultMQPullConsumer consumer = scope.newPullConsumer();
        consumer.registerMessageQueueListener(scope.topic(), (topic, all, divided) -> shares.put(index, Set.copyOf(divided)));
        consumer.start();
        return consumer;
    }
}
