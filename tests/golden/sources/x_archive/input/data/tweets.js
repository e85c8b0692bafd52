window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "edit_info" : {
        "initial" : {
          "editTweetIds" : [ "1795000000000000001" ],
          "editableUntil" : "2024-05-27T08:00:00.000Z",
          "editsRemaining" : "5",
          "isEditEligible" : true
        }
      },
      "retweeted" : false,
      "source" : "<a href=\"https://example.org\" rel=\"nofollow\">Hive</a>",
      "entities" : {
        "hashtags" : [ { "text" : "bees", "indices" : [ "0", "5" ] } ],
        "symbols" : [ ],
        "user_mentions" : [ { "name" : "Tam", "screen_name" : "tam_keeps", "indices" : [ "10", "20" ], "id_str" : "700000000000000003", "id" : "700000000000000003" } ],
        "urls" : [ { "url" : "https://t.co/aaaaaaaaaa", "expanded_url" : "https://twitter.com/tam_keeps/status/1794999999999999999?s=20", "display_url" : "twitter.com/tam_keeps/stat…", "indices" : [ "30", "53" ] } ]
      },
      "display_text_range" : [ "0", "53" ],
      "favorite_count" : "4",
      "id_str" : "1795000000000000001",
      "truncated" : false,
      "retweet_count" : "1",
      "id" : "1795000000000000001",
      "created_at" : "Mon May 27 07:00:00 +0000 2024",
      "favorited" : false,
      "full_text" : "#bees &amp; @tam_keeps &lt;3 honey https://t.co/aaaaaaaaaa",
      "lang" : "en"
    }
  },
  {
    "tweet" : {
      "id_str" : "1795000000000000002",
      "id" : "1795000000000000002",
      "created_at" : "Sun May 05 10:30:00 +0000 2024",
      "full_text" : "@tam_keeps sarang ketiga sudah kosong lagi",
      "lang" : "in",
      "in_reply_to_status_id_str" : "1794999999999999999",
      "in_reply_to_user_id_str" : "700000000000000003",
      "in_reply_to_screen_name" : "tam_keeps",
      "favorite_count" : "0",
      "retweet_count" : "0",
      "entities" : {
        "user_mentions" : [ { "screen_name" : "tam_keeps", "indices" : [ "0", "10" ], "id_str" : "700000000000000003", "id" : "700000000000000003" }, { "screen_name" : "gone_person", "indices" : [ "0", "10" ], "id_str" : "-1", "id" : "-1" } ],
        "urls" : [ ], "hashtags" : [ ]
      }
    }
  },
  {
    "tweet" : {
      "id_str" : "1795000000000000003",
      "id" : "1795000000000000003",
      "created_at" : "Tue May 28 09:00:00 +0000 2024",
      "full_text" : "RT @tam_keeps: the smoker is out of fuel and so am I, ask @other https://t.co/bbbbbbbbbb",
      "lang" : "en",
      "entities" : {
        "user_mentions" : [ { "screen_name" : "tam_keeps", "indices" : [ "3", "13" ], "id_str" : "700000000000000003", "id" : "700000000000000003" }, { "screen_name" : "other", "indices" : [ "60", "66" ], "id_str" : "700000000000000004", "id" : "700000000000000004" } ],
        "urls" : [ ], "hashtags" : [ ],
        "media" : [ { "media_url_https" : "https://pbs.twimg.com/media/smoker.jpg", "type" : "photo", "source_status_id_str" : "1794000000000000009", "source_user_id_str" : "700000000000000003" } ]
      }
    }
  },
  {
    "tweet" : {
      "id_str" : "1795000000000000004",
      "id" : "1795000000000000004",
      "created_at" : "Wed May 29 18:20:05 +0000 2024",
      "full_text" : "A long account of how the swarm left. It began on the Tuesday, when the lid of the second hive sat crooked and nobody… https://t.co/cccccccccc",
      "lang" : "en",
      "entities" : {
        "user_mentions" : [ ], "urls" : [ ], "hashtags" : [ ],
        "media" : [ { "media_url_https" : "https://pbs.twimg.com/media/swarm.jpg", "type" : "photo" } ]
      },
      "extended_entities" : {
        "media" : [
          { "media_url_https" : "https://pbs.twimg.com/media/swarm.jpg", "type" : "photo" },
          { "media_url_https" : "https://pbs.twimg.com/media/swarm2.mp4", "type" : "video" }
        ]
      }
    }
  },
  {
    "tweet" : {
      "created_at" : "Wed May 29 18:30:00 +0000 2024",
      "full_text" : "an item without an id"
    }
  },
  {
    "tweet" : {
      "id_str" : "1795000000000000006",
      "created_at" : "some day",
      "full_text" : "half a pair \ud83d stays readable",
      "lang" : "und"
    }
  }
]
