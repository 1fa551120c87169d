//! Searches find what they must among ten thousand images; `cargo xtask bench qido_growth` asks the same
//! among a million.

mod synthetic;

#[tokio::test]
async fn every_search_finds_what_the_numbers_say() {
    let folder = tempfile::tempdir().unwrap();
    let record = synthetic::open(folder.path());
    let images = 10_000;
    synthetic::fill(&record, 0, images).await;
    synthetic::check(&record, images).await;
}
