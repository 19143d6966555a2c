/*
 * Wrote apache-5.5.0-ext.json: consume queues with extension units (enableConsumeQueueExt) in files of 100 bytes. As test/commitlog/golden/GoldenStore.java, FOLDER is the
 * only argument; of the files only consumequeue/ and consumequeue_ext/ were kept.
 */
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.TopicFilterType;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.config.FlushDiskType;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

public class GoldenExt {
    static MessageExtBrokerInner message(int i) {
        MessageExtBrokerInner message = new MessageExtBrokerInner();
        message.setTopic("GoldenTopic");
        message.setQueueId(0);
        message.setBody(("body " + i).getBytes(StandardCharsets.UTF_8));
        message.setBornTimestamp(1700000000123L);
        message.setBornHost(new InetSocketAddress("10.1.2.3", 12345));
        message.setStoreHost(new InetSocketAddress("10.4.5.6", 10911));
        message.putUserProperty("name", "value");
        String tags = i % 3 == 0 ? "TagA" : i % 3 == 1 ? "a longer tag with a negative hash" : null;
        if (tags != null) message.setTags(tags);
        message.setTagsCode(MessageExtBrokerInner.tagsString2tagsCode(TopicFilterType.SINGLE_TAG, tags));
        message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
        System.out.println(i + " " + message.getTagsCode());
        return message;
    }

    public static void main(String[] args) throws Exception {
        MessageStoreConfig config = new MessageStoreConfig();
        config.setStorePathRootDir(args[0]);
        config.setStorePathCommitLog(args[0] + "/commitlog");
        config.setMappedFileSizeCommitLog(4096);
        config.setMappedFileSizeConsumeQueue(200);
        config.setEnableConsumeQueueExt(true);
        config.setMappedFileSizeConsumeQueueExt(100);
        config.setHaListenPort(0);
        config.setTimerWheelEnable(false);
        config.setFlushDiskType(FlushDiskType.SYNC_FLUSH);
        DefaultMessageStore store = new DefaultMessageStore(
            config, new BrokerStatsManager("c", false), null, new BrokerConfig(), new ConcurrentHashMap<>());
        if (!store.load()) throw new Error("load");
        store.start();
        for (int i = 0; i < 14; i++) store.putMessage(message(i));
        Thread.sleep(2500);
        store.shutdown();
        System.exit(0);
    }
}
