// segmentio/kafka-go, which joins groups with old versions of the APIs: a member, which prints what happens to it
// (harness/group.py). Commits after every record.
//
//	kafka-go BROKER TOPIC GROUP …    options as NAME=VALUE: id, assignor, session (ms)
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func say(words ...any) {
	// One write a line: partitions print at the same time.
	line := fmt.Sprintln(append([]any{time.Now().UnixMilli()}, words...)...)
	os.Stdout.WriteString(line)
}

func complain(err error) {
	fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
}

func main() {
	broker, topic, group := os.Args[1], os.Args[2], os.Args[3]
	options := map[string]string{"session": "6000"}
	for _, pair := range os.Args[4:] {
		name, value, _ := strings.Cut(pair, "=")
		options[name] = value
	}
	session, err := strconv.Atoi(options["session"])
	must(err)
	balancer := map[string]kafka.GroupBalancer{
		"range": kafka.RangeGroupBalancer{}, "roundrobin": kafka.RoundRobinGroupBalancer{},
	}[options["assignor"]]
	member, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: []string{broker}, Topics: []string{topic}, GroupBalancers: []kafka.GroupBalancer{balancer},
		Dialer:            &kafka.Dialer{ClientID: options["id"], Timeout: 10 * time.Second},
		HeartbeatInterval: 500 * time.Millisecond, SessionTimeout: time.Duration(session) * time.Millisecond,
		RebalanceTimeout: time.Duration(max(20000, session)) * time.Millisecond, JoinGroupBackoff: 200 * time.Millisecond,
		ErrorLogger: kafka.LoggerFunc(func(format string, a ...any) { complain(fmt.Errorf(format, a...)) }),
	})
	must(err)
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		leave()
	}()
	for ctx.Err() == nil {
		generation, err := member.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				complain(err)
			}
			continue
		}
		generation.Start(func(ctx context.Context) { consume(ctx, generation, broker, topic) })
	}
	if err := member.Close(); err != nil { // the broker may be down, and the session has to end by itself
		complain(err)
	}
	say("left")
}

// Reads what this generation assigned, until it ends; the group waits for it before it joins again.
func consume(ctx context.Context, generation *kafka.Generation, broker, topic string) {
	var names []string
	var readers sync.WaitGroup
	for _, assigned := range generation.Assignments[topic] {
		names = append(names, strconv.Itoa(assigned.ID))
	}
	sort.Strings(names)
	if len(names) == 0 {
		names = []string{"-"}
	}
	list := strings.Join(names, ",")
	say("assigned", list)
	for _, assigned := range generation.Assignments[topic] {
		readers.Add(1)
		go func() {
			defer readers.Done()
			read(ctx, generation, broker, topic, assigned)
		}()
	}
	<-ctx.Done()
	readers.Wait()
	say("revoked", list)
}

func read(ctx context.Context, generation *kafka.Generation, broker, topic string, assigned kafka.PartitionAssignment) {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{broker}, Topic: topic, Partition: assigned.ID, MaxWait: 250 * time.Millisecond,
		ReadBackoffMin: 20 * time.Millisecond, ReadBackoffMax: 200 * time.Millisecond,
	})
	defer reader.Close()
	must(reader.SetOffset(assigned.Offset))
	for {
		message, err := reader.ReadMessage(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			complain(err)
			continue
		}
		say("record", message.Partition, message.Offset, string(message.Value))
		for {
			err := generation.CommitOffsets(map[string]map[int]int64{topic: {assigned.ID: message.Offset + 1}})
			if err == nil {
				say("committed", assigned.ID, message.Offset+1)
				break
			}
			complain(err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}
