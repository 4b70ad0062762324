// kafkajs's admin and an idempotent producer, step by step as one JSON line each. Arguments: broker, topic.
const { Kafka, ConfigResourceTypes, logLevel } = require('kafkajs')

const [broker, topic] = process.argv.slice(2)
const show = (what, result) => console.log(JSON.stringify([what, result]))
const refusal = promise => promise.then(() => 'done', error => error.errors?.[0]?.type || error.type || error.name)

async function main() {
  const kafka = new Kafka({ clientId: 'tests', brokers: [broker], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const cluster = await admin.describeCluster()
  show('cluster', [cluster.controller, cluster.brokers.map(b => `${b.host}:${b.port}`), typeof cluster.clusterId])
  const wanted = { topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '3600000' }] }
  show('validated only', await admin.createTopics({ topics: [wanted], validateOnly: true, waitForLeaders: false }))
  show('created', await admin.createTopics({ topics: [wanted] }))
  show('again', await admin.createTopics({ topics: [wanted] }))
  show('bad name', await refusal(admin.createTopics({ topics: [{ topic: 'bad topic!', numPartitions: 1 }] })))
  show('two replicas', await refusal(admin.createTopics({ topics: [{ topic: topic + '-2', numPartitions: 1, replicationFactor: 2 }] })))
  show('listed', (await admin.listTopics()).includes(topic))
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
  show('metadata', metadata.topics[0].partitions.map(p => [p.partitionId, p.leader, p.replicas, p.isr]).sort())
  show('partitions', await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }))
  show('fewer', await refusal(admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] })))
  const names = ['retention.ms', 'cleanup.policy']
  const described = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: names }] })
  show('configs', described.resources[0].configEntries.map(e => [e.configName, e.configValue, e.configSource, e.readOnly]).sort())
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] })
  const altered = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: names }] })
  // AlterConfigs is not incremental: retention.ms is back at its default.
  show('altered', altered.resources[0].configEntries.map(e => [e.configName, e.configValue, e.configSource]).sort())
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [] }] })
  // Trap 15: a broker's config asked for by its name alone.
  const retention = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.BROKER, name: '0', configNames: ['log.retention.hours'] }] })
  show('broker config', retention.resources[0].configEntries.map(e => [e.configName, e.configValue]))

  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let n = 0; n < 5; n++) {
    const sent = await producer.send({ topic, acks: -1, messages: [{ partition: 1, value: `value ${n}`, timestamp: String(1700000000000 + n) }] })
    show('sent', [sent[0].errorCode, sent[0].baseOffset])
  }
  await producer.disconnect()
  show('offsets', (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition))
  const byTime = await admin.fetchTopicOffsetsByTimestamp(topic, 1700000000003)
  show('by time', byTime.sort((a, b) => a.partition - b.partition))
  show('deleted records', await refusal(admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '2' }] })))
  show('beyond the end', await refusal(admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '9' }] })))
  show('offsets', (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition))
  await admin.deleteTopics({ topics: [topic] })
  show('deleted', (await admin.listTopics()).includes(topic))
  await admin.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
