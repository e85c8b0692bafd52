window.YTD.tweets.part1 = [ {
  "tweet" : {
    "id_str" : "1796000000000000001",
    "created_at" : "Sat Jun 01 06:00:00 +0000 2024",
    "full_text" : "Found a queen!!",
    "lang" : "en",
    "edit_info" : { "initial" : { "editTweetIds" : [ "1796000000000000001", "1796000000000000002" ], "editsRemaining" : "5" } }
  }
}, {
  "tweet" : {
    "id_str" : "1796000000000000002",
    "created_at" : "Sat Jun 01 06:10:00 +0000 2024",
    "full_text" : "Found the queen.",
    "lang" : "en",
    "edit_info" : { "edit" : { "initialTweetId" : "1796000000000000001", "editControlInitial" : { "editTweetIds" : [ "1796000000000000001", "1796000000000000002" ], "editsRemaining" : "4" } } }
  }
} ]
