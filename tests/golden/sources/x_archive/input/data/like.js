window.YTD.like.part0 = [
  {
    "like" : {
      "tweetId" : "1111111111111111111",
      "fullText" : "words of somebody else, which stay theirs",
      "expandedUrl" : "https://twitter.com/i/web/status/1111111111111111111"
    }
  },
  {
    "like" : {
      "fullText" : "a like of nothing"
    }
  }
]
