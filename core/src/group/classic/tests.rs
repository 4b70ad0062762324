//! The books of a group, for tests of the coordinator: see `group/tests.rs`.

use super::*;

impl ClassicGroup {
    /// What is counted along is what there is.
    pub(in crate::group) fn check_books(&self) {
        let waiting = self.members.values().filter(|member| member.awaiting_join.is_some());
        assert_eq!(self.awaiting_join, waiting.count(), "who waits for a generation");
        let bytes: usize = self.members.values().map(Member::bytes).sum();
        assert_eq!(self.member_bytes, bytes, "bytes of members");
        let mut supported: BTreeMap<KString, usize> = BTreeMap::new();
        for (name, _) in self.members.values().flat_map(|member| &member.protocols) {
            *supported.entry(name.clone()).or_default() += 1;
        }
        assert_eq!(self.supported, supported, "protocols");
        let statics =
            self.members.values().filter_map(|one| Some((one.instance.clone()?, one.id.clone())));
        assert_eq!(self.statics, statics.collect(), "static members");
        let members = !self.members.is_empty();
        // Whoever was the first to come may have left before the delay is over.
        let fits = match self.state {
            State::Empty => !members,
            State::PreparingRebalance => true,
            State::CompletingRebalance | State::Stable => members,
        };
        assert!(fits, "members in {:?}", self.state);
        assert_eq!(
            self.leader.as_ref().map(|leader| self.members.contains_key(leader)),
            members.then_some(true),
            "the leader is a member"
        );
        assert!(self.pending_sync.iter().all(|id| self.members.contains_key(id)), "who is to sync");
    }
}
