// A group member of kafkajs, which prints what happens to it (harness/group.py). Commits after every message.
// Arguments: broker, topic, group, then options as NAME=VALUE: id, session (ms). Its assignor is kafkajs's own.
const { Kafka, logLevel } = require('kafkajs')

const [broker, topic, groupId, ...pairs] = process.argv.slice(2)
const options = Object.fromEntries(pairs.map(pair => pair.split('=')))
const say = (...words) => process.stdout.write([Date.now(), ...words].join(' ') + '\n')

async function main() {
  const log = () => ({ namespace, log }) => process.stderr.write(`${Date.now()} ${namespace} ${JSON.stringify(log)}\n`)
  const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 100 }
  const kafka = new Kafka({ clientId: options.id, brokers: [broker], logLevel: logLevel.WARN, logCreator: log, retry })
  const consumer = kafka.consumer({
    groupId, sessionTimeout: Number(options.session || 6000), rebalanceTimeout: 20000, heartbeatInterval: 500, maxWaitTimeInMs: 250,
  })
  let owned = []
  const giveUp = word => {
    if (owned.length) say(word, owned.join(','))
    owned = []
  }
  consumer.on(consumer.events.REBALANCING, () => giveUp('revoked'))
  consumer.on(consumer.events.STOP, () => giveUp('revoked'))
  consumer.on(consumer.events.GROUP_JOIN, event => {
    giveUp('lost') // joined anew without a rebalance before: the coordinator had forgotten it
    owned = (event.payload.memberAssignment[topic] || []).sort()
    say('assigned', owned.join(',') || '-')
  })
  consumer.on(consumer.events.COMMIT_OFFSETS, event => {
    for (const { partitions } of event.payload.topics) for (const { partition, offset } of partitions) say('committed', partition, offset)
  })
  consumer.on(consumer.events.CRASH, event => {
    if (!event.payload.restart) process.exit(1)
    giveUp('lost')
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ partition, message }) => say('record', partition, message.offset, message.value),
  })
  process.stdin.on('end', async () => {
    await consumer.disconnect()
    say('left')
    process.exit(0)
  })
  process.stdin.resume()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
