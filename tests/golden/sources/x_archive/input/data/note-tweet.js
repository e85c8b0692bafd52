window.YTD.note_tweet.part0 = [
  {
    "noteTweet" : {
      "noteTweetId" : "1795000000000000104",
      "updatedAt" : "2024-05-29T18:20:06.000Z",
      "createdAt" : "2024-05-29T18:20:05.000Z",
      "core" : {
        "styletags" : [ ], "urls" : [ ], "mentions" : [ ], "cashtags" : [ ], "hashtags" : [ ],
        "text" : "A long account of how the swarm left. It began on the Tuesday, when the lid of the second hive sat crooked and nobody cared to look. By noon they hung in the pear tree; by three they were gone, and I have not seen them since."
      }
    }
  },
  {
    "noteTweet" : {
      "noteTweetId" : "1790000000000000105",
      "updatedAt" : "2024-02-03T04:05:06.000Z",
      "createdAt" : "2024-02-03T04:05:06.000Z",
      "core" : { "text" : "A long post whose tweet is not in this archive any more, so it stands by itself." }
    }
  }
]
