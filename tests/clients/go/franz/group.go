package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var sayLock sync.Mutex

func say(words ...any) {
	sayLock.Lock()
	defer sayLock.Unlock()
	fmt.Println(append([]any{time.Now().UnixMilli()}, words...)...)
}

func list(partitions []int32) string {
	if len(partitions) == 0 {
		return "-"
	}
	slices.Sort(partitions)
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(partitions), " ", ","), "[]")
}

// A group member, which prints what happens to it (harness/group.py). Commits after every poll, and no rebalance comes
// between a poll and its commit.
func group(broker, topic, group string, pairs []string) {
	options := map[string]string{"session": "6000"}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		options[name] = value
	}
	session, err := strconv.Atoi(options["session"])
	must(err)
	balancers := map[string]kgo.GroupBalancer{
		"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer(),
	}
	var lock sync.Mutex
	uncommitted := map[int32]int64{}
	gone := func(word string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			lock.Lock()
			defer lock.Unlock()
			for _, partition := range partitions[topic] {
				delete(uncommitted, partition)
			}
			say(word, list(partitions[topic]))
		}
	}
	config := []kgo.Opt{
		kgo.SeedBrokers(broker), kgo.ClientID(options["id"]), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.Balancers(balancers[options["assignor"]]), kgo.SessionTimeout(time.Duration(session) * time.Millisecond),
		kgo.HeartbeatInterval(500 * time.Millisecond), kgo.RebalanceTimeout(time.Duration(max(20000, session)) * time.Millisecond),
		kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(250 * time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			say("assigned", list(partitions[topic]))
		}),
		kgo.OnPartitionsRevoked(gone("revoked")), kgo.OnPartitionsLost(gone("lost")),
	}
	if instance := options["instance"]; instance != "" {
		config = append(config, kgo.InstanceID(instance))
	}
	client, err := kgo.NewClient(config...)
	must(err)
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		leave()
	}()
	for ctx.Err() == nil {
		soon, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		fetches := client.PollFetches(soon)
		cancel()
		lock.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			say("record", r.Partition, r.Offset, string(r.Value))
			uncommitted[r.Partition] = r.Offset + 1
		})
		wanted := len(uncommitted) > 0
		lock.Unlock()
		if wanted {
			err := client.CommitUncommittedOffsets(context.Background())
			lock.Lock()
			if err != nil {
				fmt.Fprintln(os.Stderr, time.Now().UnixMilli(), err)
			} else {
				for partition, offset := range uncommitted {
					say("committed", partition, offset)
				}
				clear(uncommitted)
			}
			lock.Unlock()
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
	say("left")
}
