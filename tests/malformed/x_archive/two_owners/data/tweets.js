window.YTD.tweets.part0 = [
{
  "tweet": {
    "id_str": "1795000000000000001",
    "created_at": "Mon May 27 07:00:00 +0000 2024",
    "full_text": "tweet number 1"
  }
}
]
