window.YTD.direct_messages.part0 = [
  {
    "dmConversation" : {
      "conversationId" : "700000000000000003-9007199254740993",
      "messages" : [
        {
          "messageCreate" : {
            "recipientId" : "700000000000000003",
            "reactions" : [ ],
            "urls" : [ ],
            "text" : "keep this between us",
            "mediaUrls" : [ "https://ton.twitter.com/dm/1/2/x.jpg" ],
            "senderId" : "9007199254740993",
            "id" : "1780000000000000001",
            "createdAt" : "2024-04-15T10:00:00.123Z"
          }
        },
        {
          "reactionCreate" : {
            "senderId" : "700000000000000003",
            "reactionKey" : "like",
            "eventId" : "1780000000000000002",
            "createdAt" : "2024-04-15T10:01:00.000Z"
          }
        }
      ]
    }
  }
]
