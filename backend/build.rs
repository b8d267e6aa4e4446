//! Tells cargo that the program holds the dashboard's files, also ones that were not there before.

fn main() {
    println!("cargo:rerun-if-changed=../dist");
}
