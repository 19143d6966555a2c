package ringmq.compat;

import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Everything a topic holds, read queue by queue with the pull consumer, without any group's offsets. */
final class StoredMessages {
    private StoredMessages() {
    }

    @SuppressWarnings("deprecation")
    static Collector of(Scope scope, String topic) throws Exception {
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        try {
            Collector stored = new Collector();
            for (MessageQueue queue : consumer.fetchSubscribeMessageQueues(topic)) {
                readQueue(consumer, queue, stored);
            }
            return stored;
        } finally {
            consumer.shutdown();
        }
    }

    @SuppressWarnings("deprecation")
    private static void readQueue(DefaultMQPullConsumer consumer, MessageQueue queue, Collector stored) throws Exception {
        long max = consumer.maxOffset(queue);
        long next = consumer.minOffset(queue);
        while (next < max) {
            PullResult result = consumer.pull(queue, "*", next, 32);
            Scope.check(result.getPullStatus() == PullStatus.FOUND, "pull of " + queue + " at " + next + ": " + result.getPullStatus());
            long expected = next;
            for (MessageExt message : result.getMsgFoundList()) {
                Scope.checkEquals(expected++, message.getQueueOffset(), "queue offset in " + queue);
                stored.add(message);
            }
            next = result.getNextBeginOffset();
            Scope.checkEquals(expected, next, "nextBeginOffset in " + queue);
        }
    }
}
