package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What test suites and tools do before the first message, with Apache's own admin client. */
final class AdminCases {
    private static final int UPDATE_AND_CREATE_TOPIC = 17;
    private static final int UPDATE_AND_CREATE_SUBSCRIPTIONGROUP = 200;
    private static final int DELETE_TOPIC_IN_NAMESRV = 216;
    private static final int INVALID_PARAMETER = 29;

    private AdminCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("admin-create-topic", AdminCases::createThenSend);
        cases.put("admin-basics", AdminCases::basics);
        cases.put("admin-delete-topic", AdminCases::deleteTopic);
    }

    static void createTopic(Scope scope, String topic, int queues) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        admin.createAndUpdateTopicConfig(scope.broker(), new TopicConfig(topic, queues, queues, 6));
        admin.shutdown();
    }

    /** The route must be at the NameServer before the answer: a producer sends without waiting for anything. */
    private static String createThenSend(Scope scope) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        DefaultMQProducer producer = scope.producer();
        for (int round = 0; round < 10; round++) {
            String topic = scope.topic(String.valueOf(round));
            admin.createAndUpdateTopicConfig(scope.broker(), new TopicConfig(topic, 6, 6, 6));
            sent(producer.send(new Message(topic, bytes("at once"))));
            checkEquals(6, producer.fetchPublishMessageQueues(topic).size(), "queues of the created topic");
        }
        Map<String, String> illegal = Map.of("topic", "not allowed", "defaultTopic", "TBW102", "readQueueNums", "1", "writeQueueNums", "1",
            "perm", "6", "topicFilterType", "SINGLE_TAG", "topicSysFlag", "0", "order", "false");
        RemotingCommand answer = scope.rawClient().call(scope.broker(), UPDATE_AND_CREATE_TOPIC, illegal, null);
        checkEquals(INVALID_PARAMETER, answer.getCode(), "code for an illegal name (" + answer.getRemark() + ")");
        return "10 topics made and sent to at once, with their 6 queues; an illegal name refused";
    }

    private static String basics(Scope scope) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        createTopic(scope, scope.topic(), 3);
        scope.send(scope.producer(), scope.topic(), "m", 30);
        check(admin.fetchAllTopicList().getTopicList().contains(scope.topic()), "the topic is not in the NameServer's list");
        check(!admin.examineBrokerClusterInfo().getBrokerAddrTable().isEmpty(), "no broker in the cluster");
        checkEquals(3, admin.examineTopicRouteInfo(scope.topic()).getQueueDatas().get(0).getReadQueueNums(), "readQueueNums");
        checkEquals(3, admin.examineTopicStats(scope.topic()).getOffsetTable().size(), "queues in the topic's statistics");
        Map<String, String> runtime = admin.fetchBrokerRuntimeStats(scope.broker()).getTable();
        for (String key : List.of("bootTimestamp", "putTps", "getTotalTps", "commitLogMaxOffset", "brokerVersionDesc")) {
            check(runtime.containsKey(key), "the broker's run-time information has no " + key);
        }
        Properties change = new Properties();
        change.setProperty("defaultTopicQueueNums", "8");
        admin.updateBrokerConfig(scope.broker(), change);
        checkEquals("8", admin.getBrokerConfig(scope.broker()).getProperty("defaultTopicQueueNums"), "changed setting");
        byte[] group = bytes("{\"groupName\":\"" + scope.group() + "\",\"retryQueueNums\":1,\"retryMaxTimes\":3}");
        checkEquals(0, scope.rawClient().call(scope.broker(), UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Map.of(), group).getCode(), "code of 200");
        check(admin.getAllSubscriptionGroup(scope.broker(), 10_000).getSubscriptionGroupTable().containsKey(scope.group()),
            "the made group is not in the list");
        return "topic list, cluster, route, statistics, run-time information, settings, groups";
    }

    private static String deleteTopic(Scope scope) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        createTopic(scope, scope.topic(), 2);
        scope.send(scope.producer(), scope.topic(), "m", 10);
        admin.deleteTopicInBroker(Set.of(scope.broker()), scope.topic());
        Map<String, String> topic = Map.of("topic", scope.topic());
        checkEquals(0, scope.rawClient().call(scope.nameServer(), DELETE_TOPIC_IN_NAMESRV, topic, null).getCode(), "code of 216");
        check(!admin.fetchAllTopicList().getTopicList().contains(scope.topic()), "the deleted topic is still listed");
        createTopic(scope, scope.topic(), 2);
        List<String> again = scope.send(scope.producer(), scope.topic(), "again", 10);
        StoredMessages.of(scope, scope.topic()).checkExactly(again);
        return "deleted at broker and NameServer, made again, and only the new messages in it";
    }
}
