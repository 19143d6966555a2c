package ringmq.compat;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** A listener that counts each body it is given and keeps the last message of it. Several consumers may share one. */
final class Collector implements MessageListenerConcurrently {
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private final Map<String, MessageExt> messages = new ConcurrentHashMap<>();

    @Override
    public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> batch, ConsumeConcurrentlyContext context) {
        batch.forEach(this::add);
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    void add(MessageExt message) {
        String body = Scope.text(message.getBody());
        messages.put(body, message);
        counts.computeIfAbsent(body, key -> new AtomicInteger()).incrementAndGet();
    }

    int size() {
        return counts.size();
    }

    Set<String> bodies() {
        return counts.keySet();
    }

    MessageExt message(String body) {
        return messages.get(body);
    }

    void awaitAll(Collection<String> bodies) throws Exception {
        Scope.await(() -> counts.keySet().containsAll(bodies), () -> "not received: " + missing(bodies));
    }

    /** What was received is exactly {@code bodies}, each once. */
    void checkExactly(Collection<String> bodies) {
        checkSame(bodies);
        counts.forEach((body, count) -> Scope.checkEquals(1, count.get(), "times that " + body + " was received"));
    }

    /** What was received is {@code bodies}, each at least once. */
    void checkSame(Collection<String> bodies) {
        Set<String> unexpected = new HashSet<>(counts.keySet());
        unexpected.removeAll(bodies);
        Scope.check(unexpected.isEmpty(), "received although not to be: " + sample(unexpected));
        Scope.check(missing(bodies).isEmpty(), "not received: " + missing(bodies));
    }

    private String missing(Collection<String> bodies) {
        Set<String> missing = new HashSet<>(bodies);
        missing.removeAll(counts.keySet());
        return missing.isEmpty() ? "" : sample(missing);
    }

    private static String sample(Set<String> bodies) {
        return bodies.size() + " such as " + bodies.stream().limit(5).toList();
    }
}
