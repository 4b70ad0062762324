//! traps
use logboat_tests::cases;
cases! {}
