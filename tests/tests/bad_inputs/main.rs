//! bad inputs
fn main() -> std::process::ExitCode {
    logboat_tests::table::run(&[])
}
