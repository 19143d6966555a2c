package ringmq.compat;

import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** A count and an order-free checksum of message bodies; as a listener it takes in those tagged "sum". */
final class Checksums implements MessageListenerConcurrently {
    private static final int IN_FLIGHT = 256;
    /** A broker on a loaded machine may refuse a message so, which then is not stored; Apache's does after 200 ms in its queue. */
    private static final int SYSTEM_BUSY = 2;

    private final LongAdder count = new LongAdder();
    private final LongAdder sum = new LongAdder();

    void add(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        sum.add(crc.getValue());
        count.increment();
    }

    long count() {
        return count.sum();
    }

    long sum() {
        return sum.sum();
    }

    @Override
    public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> batch, ConsumeConcurrentlyContext context) {
        batch.stream().filter(message -> "sum".equals(message.getTags())).forEach(message -> add(message.getBody()));
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    /** Sends random bodies of 1 to 1,024 bytes (seeded), 256 at a time, again what was refused as busy, and returns what was acknowledged. */
    static Checksums sendMany(DefaultMQProducer producer, String topic, int messages) throws Exception {
        Checksums acknowledged = new Checksums();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Queue<byte[]> refusedAsBusy = new ConcurrentLinkedQueue<>();
        Semaphore places = new Semaphore(IN_FLIGHT);
        Random random = new Random(42);
        for (int i = 0; i < messages; i++) {
            byte[] body = new byte[1 + random.nextInt(1024)];
            random.nextBytes(body);
            places.acquire();
            producer.send(new Message(topic, "sum", body), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    acknowledged.add(body);
                    places.release();
                }

                @Override
                public void onException(Throwable failure) {
                    boolean isBusy = failure instanceof MQBrokerException refused && refused.getResponseCode() == SYSTEM_BUSY;
                    if (isBusy) {
                        refusedAsBusy.add(body);
                    } else {
                        failures.add(failure);
                    }
                    places.release();
                }
            });
        }
        places.acquire(IN_FLIGHT);
        for (byte[] body : refusedAsBusy) {
            Scope.sent(producer.send(new Message(topic, "sum", body)));
            acknowledged.add(body);
        }
        Scope.check(failures.isEmpty(), failures.size() + " sends failed: " + failures.peek());
        return acknowledged;
    }
}
