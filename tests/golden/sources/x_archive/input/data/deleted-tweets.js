window.YTD.deleted_tweets.part0 = [
  {
    "tweet" : {
      "id_str" : "1795000000000000009",
      "created_at" : "Wed May 22 11:11:11 +0000 2024",
      "deleted_at" : "Sun Jun 16 10:00:00 +0000 2024",
      "full_text" : "never mind",
      "lang" : "en"
    }
  }
]
