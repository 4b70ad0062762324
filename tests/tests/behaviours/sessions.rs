//! sessions
use logboat_tests::cases;
cases! {}
