// Produces 100 records in one batch: "record NNN" with key "NNN", a header, and stamps from 1700000000000.
// Arguments: broker, topic, codec (none, gzip, snappy, lz4, zstd), acks.
const zlib = require('zlib')
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')

const [broker, topic, codec, acks] = process.argv.slice(2)
if (codec === 'snappy') CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
if (codec === 'lz4') CompressionCodecs[CompressionTypes.LZ4] = new (require('kafkajs-lz4'))().codec
if (codec === 'zstd') {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async encoder => zlib.zstdCompressSync(encoder.buffer),
    decompress: async buffer => zlib.zstdDecompressSync(buffer),
  })
}
const compression = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }[codec]

async function main() {
  const kafka = new Kafka({ clientId: 'tests', brokers: [broker], logLevel: logLevel.ERROR })
  const producer = kafka.producer()
  await producer.connect()
  const messages = []
  for (let n = 0; n < 100; n++) {
    const number = String(n).padStart(3, '0')
    messages.push({
      partition: 0, key: number, value: `record ${number}`, timestamp: String(1700000000000 + n), headers: { n: number },
    })
  }
  console.log(JSON.stringify(await producer.send({ topic, acks: Number(acks), compression, messages })))
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
