package ringmq.compat;

import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Sends 0, 1, 2, … to every queue of a topic until it is stopped. A number whose sending failed is sent again, so that each is stored at
 * least once, and after the one before it.
 */
final class NumberedSender extends Thread {
    private static final long PAUSE_MS = 5;

    private final DefaultMQProducer producer;
    private final Iterable<MessageQueue> queues;
    private final Map<Integer, Integer> sent = new TreeMap<>();
    private volatile boolean stopped;
    private volatile int rounds;

    NumberedSender(DefaultMQProducer producer, String topic) throws Exception {
        this.producer = producer;
        this.queues = producer.fetchPublishMessageQueues(topic);
    }

    @Override
    public void run() {
        for (int number = 0; !stopped; number++) {
            for (MessageQueue queue : queues) {
                sendUntilTaken(queue, number);
            }
            rounds = number + 1;
        }
    }

    private void sendUntilTaken(MessageQueue queue, int number) {
        while (true) {
            try {
                Thread.sleep(PAUSE_MS);
                Scope.sent(producer.send(new Message(queue.getTopic(), Scope.bytes(String.valueOf(number))), queue));
                sent.put(queue.getQueueId(), number);
                return;
            } catch (Exception | AssertionError refused) {
                if (stopped) {
                    // Whether it is stored is not known; what was taken is in `sent`, and the rest does not matter.
                    return;
                }
            }
        }
    }

    int rounds() {
        return rounds;
    }

    void awaitRounds(int more) throws Exception {
        int wanted = rounds + more;
        Scope.await(() -> rounds >= wanted, () -> rounds + " of " + wanted + " rounds sent");
    }

    /** The last number in each queue. */
    Map<Integer, Integer> finish() throws InterruptedException {
        stopped = true;
        join();
        return sent;
    }
}
