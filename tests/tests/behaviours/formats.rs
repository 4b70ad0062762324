//! formats
use logboat_tests::cases;
cases! {}
