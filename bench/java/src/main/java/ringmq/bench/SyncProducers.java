package ringmq.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * Threads that share one producer and send synchronously, each its next message when the last was answered.
 * Arguments: namesrv topic threads bodyBytes warmUpSeconds seconds. Prints a JSON line when measuring begins, one when it is over, and then the figures.
 */
public final class SyncProducers {
    private enum Phase {
        WARM_UP,
        MEASURE,
        OVER
    }

    private static volatile Phase phase = Phase.WARM_UP;

    private SyncProducers() {}

    public static void main(String[] args) throws Exception {
        int threads = Integer.parseInt(args[2]);
        byte[] body = new byte[Integer.parseInt(args[3])];
        Arrays.fill(body, (byte) 'x');

        DefaultMQProducer producer = new DefaultMQProducer("bench-java-producers");
        producer.setNamesrvAddr(args[0]);
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        List<Sender> senders = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            senders.add(new Sender(producer, args[1], body));
        }
        senders.forEach(Thread::start);

        Thread.sleep(Long.parseLong(args[4]) * 1000);
        long beginNanos = System.nanoTime();
        phase = Phase.MEASURE;
        System.out.println("{\"event\":\"begin\"}");
        Thread.sleep(Long.parseLong(args[5]) * 1000);
        phase = Phase.OVER;
        double elapsedMs = (System.nanoTime() - beginNanos) / 1e6;
        System.out.println("{\"event\":\"over\"}");

        Latencies all = new Latencies();
        long failed = 0;
        String failure = "";
        for (Sender sender : senders) {
            sender.join();
            all.addAll(sender.latencies);
            failed += sender.failed;
            failure = sender.failure == null ? failure : sender.failure;
        }
        producer.shutdown();
        System.out.printf(
                Locale.ROOT,
                "{\"event\":\"figures\",\"messages\":%d,\"failed\":%d,\"failure\":\"%s\",\"elapsedMs\":%.3f,"
                        + "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f,\"maxMs\":%.4f}%n",
                all.count, failed, failure.replaceAll("[^ -~]|[\"\\\\]", "?"), elapsedMs, all.quantileMs(0.5),
                all.quantileMs(0.99), all.quantileMs(0.999), all.maxMs);
    }

    private static final class Sender extends Thread {
        final Latencies latencies = new Latencies();
        long failed;
        String failure;
        private final DefaultMQProducer producer;
        private final String topic;
        private final byte[] body;

        Sender(DefaultMQProducer producer, String topic, byte[] body) {
            this.producer = producer;
            this.topic = topic;
            this.body = body;
        }

        @Override
        public void run() {
            while (phase != Phase.OVER) {
                long begunNanos = System.nanoTime();
                boolean isStored = send();
                // What ends after the time is over belongs to no interval.
                if (phase != Phase.MEASURE) {
                    continue;
                }
                if (isStored) {
                    latencies.add((System.nanoTime() - begunNanos) / 1e6);
                } else {
                    failed++;
                }
            }
        }

        private boolean send() {
            try {
                SendResult result = producer.send(new Message(topic, body));
                if (result.getSendStatus() == SendStatus.SEND_OK) {
                    return true;
                }
                failure = result.getSendStatus().name();
            } catch (Exception exception) {
                failure = exception.toString();
            }
            return false;
        }
    }

    /** In buckets of 1 %. */
    private static final class Latencies {
        private static final int BUCKETS_PER_E = 100;
        final long[] buckets = new long[2000];
        long count;
        double maxMs;

        void add(double latencyMs) {
            int bucket = (int) (Math.log(Math.max(1, latencyMs * 1000)) * BUCKETS_PER_E);
            buckets[Math.min(buckets.length - 1, bucket)]++;
            count++;
            maxMs = Math.max(maxMs, latencyMs);
        }

        void addAll(Latencies other) {
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] += other.buckets[i];
            }
            count += other.count;
            maxMs = Math.max(maxMs, other.maxMs);
        }

        double quantileMs(double quantile) {
            long seen = 0;
            for (int i = 0; i < buckets.length; i++) {
                seen += buckets[i];
                if (seen > 0 && seen >= quantile * count) {
                    return Math.exp((i + 1.0) / BUCKETS_PER_E) / 1000;
                }
            }
            return 0;
        }
    }
}
