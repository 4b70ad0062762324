package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

func say(words ...any) {
	// One write a line: claims print at the same time.
	line := fmt.Sprintln(append([]any{time.Now().UnixMilli()}, words...)...)
	os.Stdout.WriteString(line)
}

// What sarama calls for each claimed partition.
type claims struct{}

func (claims) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (claims) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (claims) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	say("assigned", claim.Partition())
	for message := range claim.Messages() {
		say("record", message.Partition, message.Offset, string(message.Value))
		session.MarkMessage(message, "")
	}
	say("revoked", claim.Partition())
	return nil
}

// A group member, which prints what happens to it (harness/group.py). Sarama commits by itself and does not say when.
func group(broker, topic, group string, pairs []string) {
	options := map[string]string{"session": "6000"}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		options[name] = value
	}
	session, err := strconv.Atoi(options["session"])
	must(err)
	config := sarama.NewConfig()
	config.Version = parse(options["version"])
	config.ClientID = options["id"]
	config.Consumer.Return.Errors = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Interval = 100 * time.Millisecond
	config.Consumer.Group.Session.Timeout = time.Duration(session) * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.Group.Rebalance.Timeout = time.Duration(max(20000, session)) * time.Millisecond
	config.Consumer.Group.InstanceId = options["instance"]
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{map[string]func() sarama.BalanceStrategy{
		"range": sarama.NewBalanceStrategyRange, "roundrobin": sarama.NewBalanceStrategyRoundRobin,
		"cooperative-sticky": sarama.NewBalanceStrategyCooperativeSticky,
	}[options["assignor"]]()}

	ctx, leave := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		leave()
	}()
	var member sarama.ConsumerGroup
	for ctx.Err() == nil {
		if member == nil {
			// The broker may be down just now.
			if member, err = sarama.NewConsumerGroup([]string{broker}, group, config); err != nil {
				fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
				time.Sleep(200 * time.Millisecond)
				member = nil
				continue
			}
			go func() {
				for err := range member.Errors() {
					fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
				}
			}()
		}
		if err := member.Consume(ctx, []string{topic}, claims{}); err != nil {
			fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
			time.Sleep(200 * time.Millisecond)
		}
	}
	if member != nil {
		if err := member.Close(); err != nil { // the broker may be down, and the session has to end by itself
			fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
		}
	}
	say("left")
}
