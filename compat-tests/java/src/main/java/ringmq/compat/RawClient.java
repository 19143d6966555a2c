package ringmq.compat;

import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** The client's remoting layer without its checks: sends what a well-behaved client would refuse to send. */
final class RawClient {
    private static final int SEND_MESSAGE = 10;
    private static final long TIMEOUT_MS = 10_000;

    private final NettyRemotingClient client = new NettyRemotingClient(new NettyClientConfig());

    RawClient() {
        client.start();
    }

    RemotingCommand call(String address, int code, Map<String, String> fields, byte[] body) throws Exception {
        RemotingCommand request = RemotingCommand.createRequestCommand(code, null);
        request.setExtFields(new HashMap<>(fields));
        request.setBody(body);
        return client.invokeSync(address, request, TIMEOUT_MS);
    }

    RemotingCommand send(String address, String topic, int queueId, String properties, byte[] body) throws Exception {
        Map<String, String> fields = new HashMap<>();
        fields.put("producerGroup", "compat_raw");
        fields.put("topic", topic);
        fields.put("defaultTopic", "TBW102");
        fields.put("defaultTopicQueueNums", "4");
        fields.put("queueId", String.valueOf(queueId));
        fields.put("sysFlag", "0");
        fields.put("bornTimestamp", String.valueOf(System.currentTimeMillis()));
        fields.put("flag", "0");
        fields.put("properties", properties);
        fields.put("reconsumeTimes", "0");
        fields.put("unitMode", "false");
        fields.put("batch", "false");
        return call(address, SEND_MESSAGE, fields, body);
    }

    void close() {
        client.shutdown();
    }
}
