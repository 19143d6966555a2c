package ringmq.compat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;

/** An orderly consumer in a process of its own, that a case can kill: prints {@code order QUEUE NUMBER} for each message. */
public final class OrderWorker {
    private OrderWorker() {
    }

    /** Arguments: name server, topic, group. */
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        try (Scope scope = new Scope(Map.of("namesrv", args[0], "id", "worker"), null)) {
            DefaultMQPushConsumer consumer = scope.newPushConsumer(args[2]);
            consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            consumer.subscribe(args[1], "*");
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                messages.forEach(message -> out.println("order " + message.getQueueId() + " " + Scope.text(message.getBody())));
                return ConsumeOrderlyStatus.SUCCESS;
            });
            consumer.start();
            Thread.currentThread().join();
        }
    }
}
