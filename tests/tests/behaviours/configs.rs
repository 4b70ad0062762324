//! configs
use logboat_tests::cases;
cases! {}
