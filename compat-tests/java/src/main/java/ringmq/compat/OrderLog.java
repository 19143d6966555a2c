package ringmq.compat;

import java.util.Map;
import java.util.TreeMap;

/**
 * What consumers of a group were given of numbered queues: in each queue every number is delivered after the one before it. A number may
 * come again, with all that follow it, as it does where a consumer has gone before it said how far it was; none may be left out, and two
 * consumers never have a queue at the same time.
 */
final class OrderLog {
    private final Map<Integer, Integer> positions = new TreeMap<>();
    private final Map<Integer, Object> holders = new TreeMap<>();
    private int redelivered;
    private int deliveries;
    private String violation;

    /** {@code holder} begins with a message of the queue. */
    synchronized void enter(int queueId, Object holder) {
        Object other = holders.put(queueId, holder);
        if (other != null && other != holder) {
            violate("queue " + queueId + " was consumed by two at the same time");
        }
    }

    synchronized void leave(int queueId) {
        holders.remove(queueId);
    }

    synchronized void add(int queueId, int number) {
        int last = positions.getOrDefault(queueId, -1);
        if (number > last + 1) {
            violate("queue " + queueId + " gave " + number + " after " + last);
        }
        if (number <= last) {
            redelivered++;
        }
        deliveries++;
        positions.put(queueId, number);
    }

    private void violate(String what) {
        violation = violation == null ? what : violation;
    }

    synchronized int deliveries() {
        return deliveries;
    }

    synchronized int redelivered() {
        return redelivered;
    }

    /** True when the last number of every queue is the last that was sent to it. */
    synchronized boolean isAt(Map<Integer, Integer> sent) {
        return positions.equals(sent);
    }

    synchronized void checkOrder() {
        Scope.check(violation == null, violation);
    }

    @Override
    public synchronized String toString() {
        return "at " + positions;
    }
}
